"""What can't be merged: the project's file stays under its name, and what the template brings is not lost either."""

from pathlib import Path

import pytest
from support.guard_modules import merged, write
from support.template_origin import git

import merging  # isort: skip
import obstacles  # isort: skip
from outcome import Merge  # isort: skip
from repository import tree  # isort: skip

LINES = "".join(f"line {number}\n" for number in range(40))


def test_a_file_stays_where_the_template_has_a_folder(tmp_path: Path) -> None:
    ours = {"a.py": "1\n", "src/deliver": "mine\n"}
    theirs = {"a.py": "2\n", "src/deliver/__init__.py": "x\n", "src/deliver/gate.py": "y\n"}
    done = merged(tmp_path, {"a.py": "1\n"}, theirs, ours)
    assert done.files == {"a.py": "2\n", "src/deliver": "mine\n"}
    assert done.person == {"src/deliver"}
    assert "rename yours, commit, and update again" in done.said("src/deliver")
    assert "not added: src/deliver is a file of yours" in done.said("src/deliver/gate.py")
    assert done.verdicts["src/deliver/gate.py"] == "yours"


def test_a_folder_stays_where_the_template_has_a_file(tmp_path: Path) -> None:
    done = merged(tmp_path, {}, {"docs/notes": "theirs\n"}, {"docs/notes/mine.md": "mine\n"})
    assert done.files == {"docs/notes/mine.md": "mine\n"}
    assert done.person == {"docs/notes"}
    assert "not added: a folder of yours" in done.said("docs/notes")


def test_an_edited_file_that_the_template_makes_a_folder(tmp_path: Path) -> None:
    base, theirs = {"report": LINES}, {"report/a.md": "a\n", "report/b.md": "b\n"}
    done = merged(tmp_path, base, theirs, {"report": LINES + "mine\n"})
    assert done.files == {"report": LINES + "mine\n"}
    assert "report" in done.person


@pytest.mark.parametrize("name", ["deliver/old.py", "deliver"])
def test_an_edit_that_would_follow_to_a_name_in_the_way(name: str, tmp_path: Path) -> None:
    mine = {"deliver": "mine\n"} if "/" in name else {"deliver/mine.py": "mine\n"}
    done = merged(tmp_path, {"old.py": LINES}, {name: LINES + "x\n"}, mine | {"old.py": "edit\n" + LINES})
    assert done.files == mine | {"old.py": "edit\n" + LINES}
    assert "old.py" in done.person


@pytest.mark.parametrize(
    ("edit", "change", "clean"), [("line 5", "line 30", True), ("line 5", "line 5", False), ("", "", True)]
)
def test_both_sides_moved_a_file(edit: str, change: str, clean: bool, tmp_path: Path) -> None:
    ours = LINES.replace(edit, "mine", 1) if edit else LINES
    theirs = LINES.replace(change, "theirs", 1) if change else LINES
    done = merged(tmp_path, {"old.md": LINES}, {"new/a.md": theirs}, {"own/a.md": ours})
    assert done.files["own/a.md"] == ours
    assert done.files["new/a.md"] == (theirs.replace(edit, "mine", 1) if clean and edit else theirs)
    assert done.verdicts == {"new/a.md": "added", "own/a.md": "yours"}
    assert done.person == {"own/a.md"}
    assert "the template moved it to new/a.md" in done.said("own/a.md")
    assert not done.merge.stages


def test_an_edited_file_that_the_template_removed(tmp_path: Path) -> None:
    done = merged(tmp_path, {"a.md": LINES, "b": "b"}, {"b": "b"}, {"a.md": LINES + "mine\n", "b": "b"})
    assert done.files["a.md"] == LINES + "mine\n"
    assert done.person == {"a.md"}
    assert "nothing of the template uses it any more" in done.said("a.md")


def test_an_edited_file_that_the_template_moved_onto_one_of_the_projects(tmp_path: Path) -> None:
    ours = {"old.md": LINES + "mine\n", "new/a.md": "own\n"}
    done = merged(tmp_path, {"old.md": LINES}, {"new/a.md": "theirs\n" + LINES}, ours)
    assert done.files == ours
    assert done.person == {"old.md", "new/a.md"}
    assert "moved it to new/a.md, where a file of yours is: rename yours" in done.said("old.md")


def test_an_edited_file_that_git_finds_moved(tmp_path: Path) -> None:
    base, ours = {"old.md": LINES, "b.md": f"b\n{LINES}"}, {"old.md": LINES + "mine\n", "b.md": f"b\n{LINES}"}
    done = merged(tmp_path, base, {"new/a.md": LINES, "new/b.md": f"b\n{LINES}"}, ours)
    assert done.files["new/a.md"] == LINES + "mine\n"
    assert done.verdicts == {"b.md": "removed", "new/a.md": "moved", "new/b.md": "added"}
    assert done.said("new/a.md") == "from old.md, with your edits"
    assert not done.person


@pytest.mark.parametrize("change", [LINES, "theirs\n" + LINES])
def test_an_ignored_file_where_git_finds_an_edited_file_moved(change: str, tmp_path: Path) -> None:
    ours = {"old.md": LINES + "mine\n"}
    done = merged(tmp_path, {"old.md": LINES}, {"new.md": change}, ours)
    (tmp_path / "new.md").write_text("ignored\n", encoding="utf-8")
    obstacles.keep(tmp_path, done.merge)
    assert done.merge.result == done.merge.ours
    assert done.person == {"old.md", "new.md"}
    assert "belongs at new.md" in done.said("old.md")
    assert "with your edits" not in done.said("new.md")


Sides = dict[str, dict[str, tuple[str, str]]]


def merged_kinds(folder: Path, sides: Sides) -> Merge:
    """Merges files and links, and submodules at any commit."""
    git(folder, "init", "--quiet", "top")
    scratch = merging.scratch_repository(folder / "top", folder / "scratch")
    trees = []
    for name, entries in sides.items():
        texts = {path: text for path, (_, text) in entries.items()}
        stored = tree(merging.store(write(folder / name, texts), scratch), scratch)
        trees.append(merging.tree_of({path: (mode, stored[path][1]) for path, (mode, _) in entries.items()}, scratch))
    return merging.merge(scratch, (trees[0], trees[1], trees[2]), set(), "template-9.0.0")


@pytest.mark.parametrize(
    ("here", "there", "said"),
    [
        ("120000", "100644", "a link here, a file in the template"),
        ("160000", "100644", "a submodule here, a file in the template"),
        ("100644", "120000", "a file here, a link in the template"),
        ("160000", "120000", "a submodule here, a link in the template"),
    ],
)
def test_a_path_that_is_of_two_kinds(here: str, there: str, said: str, tmp_path: Path) -> None:
    base = {"a.md": ("100644", LINES)}
    sides = {"base": base, "theirs": {"a.md": (there, LINES + "theirs")}, "ours": {"a.md": (here, LINES + "ours")}}
    merge = merged_kinds(tmp_path, sides)
    assert merge.result == merge.ours
    assert merge.verdicts() == {"a.md": "yours"}
    assert merge.person == {"a.md"}
    assert merge.said("a.md") == f"{said}: yours stays; compare it with the template's"


def test_an_edited_file_that_the_template_moved_onto_a_link(tmp_path: Path) -> None:
    edited = ("100644", LINES + "mine\n")
    sides = {"base": {"old.md": ("100644", LINES)}, "theirs": {"a.md": ("100644", LINES)}}
    merge = merged_kinds(tmp_path, sides | {"ours": {"old.md": edited, "a.md": ("120000", "b.md")}})
    assert merge.result == merge.ours
    assert merge.verdicts() == {"a.md": "yours", "old.md": "yours"}
    assert merge.person == {"a.md", "old.md"}
