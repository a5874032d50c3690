"""Moves that meet files of the project's, or each other: each edit is in a file afterwards, and a person is told."""

from pathlib import Path

from support.guard_modules import merged, rows

ROOT = "src/churn_model"
A, B = ("".join(f"{name} {number}\n" for number in range(9)) for name in "ab")
LIB = '"""Lib."""\n\nLIMIT = 3\n\n\ndef one():\n    return 1\n\n\ndef two():\n    return 2\n'
ONE = '"""One."""\n\n\ndef one():\n    return 1\n'
TWO = '"""Two."""\n\nLIMIT = 3\n\n\ndef two():\n    return 2\n'
HALF = "splits: {'src/{package}/lib.py': {'src/{package}/one.py': [one]}}"
WHOLE = "splits: {'src/{package}/lib.py': {'src/{package}/one.py': [one], 'src/{package}/two.py': [two, LIMIT]}}"
CHAIN = "moves: {a.md: b.md, b.md: c.md}"


def test_what_is_left_of_a_split_file_keeps_its_encoding(tmp_path: Path) -> None:
    base, lib = {f"{ROOT}/lib.py": LIB}, LIB.replace("def one():\n    return 1\n\n\n", "")
    theirs = {f"{ROOT}/lib.py": lib, f"{ROOT}/one.py": ONE}
    own = {"latin": "# coding: latin-1\n{}# caf\udce9\n", "marked": "\ufeff{}# mine\n"}
    for name, text in own.items():
        done = merged(tmp_path / name, base, theirs, {f"{ROOT}/lib.py": text.format(LIB)}, rows(HALF))
        assert done.files[f"{ROOT}/lib.py"] == text.format(lib)


def test_an_own_file_where_the_template_moved_a_file_that_moved_here_too(tmp_path: Path) -> None:
    ours = {"own.md": A + "mine\n", "b.md": "own\n"}
    done = merged(tmp_path, {"a.md": A}, {"b.md": A + "new\n"}, ours, rows("moves: {a.md: b.md}"))
    assert done.files == ours
    assert done.person == {"own.md", "b.md"}


def test_a_file_that_can_not_move_is_in_the_way_of_the_next(tmp_path: Path) -> None:
    ours = {"a.md": A + "mine a\n", "b.md": B + "mine b\n", "c.md": "own\n"}
    done = merged(tmp_path, {"a.md": A, "b.md": B}, {"b.md": A, "c.md": B}, ours, rows(CHAIN))
    assert done.files == ours
    assert done.person == set(ours)


def test_an_own_file_where_another_project_has_one_that_moves_away(tmp_path: Path) -> None:
    ours = {"a.md": A + "mine\n", "b.md": "own\n"}
    done = merged(tmp_path, {"a.md": A}, {"b.md": A}, ours, rows(CHAIN))
    assert done.files == ours
    assert done.person == set(ours)


def test_a_file_that_moves_to_where_a_split_file_was(tmp_path: Path) -> None:
    ours = {f"{ROOT}/a.py": "A = 1\nMINE = 2\n", f"{ROOT}/lib.py": LIB.replace("return 1", "return 11")}
    theirs = {f"{ROOT}/lib.py": "A = 1\n", f"{ROOT}/one.py": ONE, f"{ROOT}/two.py": TWO}
    listed = rows("moves: {'src/{package}/a.py': 'src/{package}/lib.py'}\n" + WHOLE)
    done = merged(tmp_path, {f"{ROOT}/a.py": "A = 1\n", f"{ROOT}/lib.py": LIB}, theirs, ours, listed)
    assert done.files[f"{ROOT}/a.py"] == ours[f"{ROOT}/a.py"]
    assert "return 11" in done.files[f"{ROOT}/one.py"]
    assert {f"{ROOT}/a.py", f"{ROOT}/lib.py"} <= done.person


def test_files_that_change_places_are_said_to_move(tmp_path: Path) -> None:
    ours = {"a.md": A + "mine a\n", "b.md": B + "mine b\n"}
    done = merged(
        tmp_path, {"a.md": A, "b.md": B}, {"a.md": B, "b.md": A}, ours, rows("moves: {a.md: b.md, b.md: a.md}")
    )
    assert done.files == {"a.md": ours["b.md"], "b.md": ours["a.md"]}
    assert done.verdicts == {"a.md": "moved", "b.md": "moved"}
    assert done.said("b.md") == "from a.md, with your edits"


def test_a_definition_that_was_deleted_here_and_is_in_a_new_file_is_said(tmp_path: Path) -> None:
    lib, theirs = f"{ROOT}/lib.py", {f"{ROOT}/one.py": ONE, f"{ROOT}/two.py": TWO}
    done = merged(tmp_path, {lib: LIB}, theirs, {lib: LIB.partition("\n\ndef two")[0]}, rows(WHOLE))
    assert done.files == theirs
    assert done.said(f"{ROOT}/two.py").startswith(f"two, deleted from {lib} here, is in it")


def test_an_edited_definition_takes_the_line_ends_of_its_new_file(tmp_path: Path) -> None:
    lib, theirs = f"{ROOT}/lib.py", {f"{ROOT}/one.py": ONE, f"{ROOT}/two.py": TWO}
    edited = LIB.replace("return 1", "return 11").replace("\n", "\r\n")
    done = merged(tmp_path, {lib: LIB}, theirs, {lib: edited}, rows(WHOLE))
    assert done.files == theirs | {f"{ROOT}/one.py": ONE.replace("return 1", "return 11")}
    assert done.person == set()
