"""Whole updates with moves: two lists that meet, kept paths on either end of a move, and ignored files in its way."""

from support.guard_process import Inner
from support.small_template import named
from support.template_origin import SECOND

THIRD = "3.0.0"
KEEP = ".template-keep.yml"
LIB = '"""Lib."""\n\n\ndef one():\n    return 1\n\n\ndef two():\n    return 2\n'
LISTS = "hooks/release/moves"
ROOT, WHERE = "src/churn_model", "src/{{package_name}}"


def test_lists_that_take_two_files_to_one_path_are_refused(small: Inner) -> None:
    guide = small.read("docs/guide.md")
    small.work({"docs/guide.md": guide + "mine\n"})
    for version, old in ((SECOND, "docs/guide.md"), (THIRD, "docs/old.md")):
        list_ = {f"{LISTS}/{version}.yaml": f"moves: {{{old}: docs/b.md}}"}
        small.origin.release(version, named({old: None, "docs/b.md": guide}) | list_)
    sentence = (
        "docs/guide.md and docs/old.md went to docs/b.md, one after the other: update to a version before that of "
    )
    assert sentence + f"{LISTS}/{THIRD}.yaml first" in small.refused()


def release(small: Inner) -> str:
    """Releases a move of the training, and returns what it was."""
    list_ = "moves: {'src/{package}/train.py': 'src/{package}/stages/train.py'}"
    text = small.read(f"{ROOT}/train.py")
    files: dict[str, str | bytes | None] = {
        f"{WHERE}/train.py": None,
        f"{WHERE}/stages/train.py": text.replace("from .", "from .."),
    }
    small.origin.release(SECOND, named(files) | {f"{LISTS}/{SECOND}.yaml": list_})
    return text


def test_a_file_stays_where_its_new_path_is_kept(small: Inner) -> None:
    small.work({KEEP: "keep:\n  - src/*/stages/\n"})
    text = release(small)
    found = small.update(code=3)
    assert found == {".copier-answers.yml": "changed", f"{ROOT}/stages/train.py": "yours", f"{ROOT}/train.py": "yours"}
    assert small.read(f"{ROOT}/train.py") == text


def test_a_kept_file_does_not_move(small: Inner) -> None:
    keep, use = "keep:\n  - src/*/train.py\n", "from .train import train\n"
    small.work({KEEP: keep, f"{ROOT}/use.py": use})
    text = release(small)
    found = small.update()
    assert found == {".copier-answers.yml": "changed", f"{ROOT}/stages/train.py": "added", f"{ROOT}/train.py": "yours"}
    assert [small.read(path) for path in (KEEP, f"{ROOT}/use.py", f"{ROOT}/train.py")] == [keep, use, text]


def test_a_split_file_stays_whole_where_an_ignored_file_is_in_the_way(small: Inner) -> None:
    small.origin.release(SECOND, named({f"{WHERE}/lib.py": LIB}))
    small.update()
    edited = LIB.replace("return 1", "return 11")
    small.work({f"{ROOT}/lib.py": edited, ".gitignore": "one.py\n"})
    (small.path / f"{ROOT}/one.py").write_text("mine = 1\n", encoding="utf-8")
    one, two = (f'"""New."""\n\n\ndef {text}' for text in LIB.split("def ")[1:])
    files: dict[str, str | bytes | None] = {f"{WHERE}/lib.py": None, f"{WHERE}/one.py": one, f"{WHERE}/two.py": two}
    list_ = "splits: {'src/{package}/lib.py': {'src/{package}/one.py': [one], 'src/{package}/two.py': [two]}}"
    small.origin.release(THIRD, named(files) | {f"{LISTS}/{THIRD}.yaml": list_})
    found = small.guard("update")
    assert found.returncode == 3, found.stdout
    assert "came along" not in found.stdout
    assert (small.read(f"{ROOT}/lib.py"), small.read(f"{ROOT}/one.py")) == (edited, "mine = 1\n")
