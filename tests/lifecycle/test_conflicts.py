"""What can't be merged: the project's file stays under its name, and what the template brings is not lost either."""

from pathlib import Path

import pytest
from support.guard_modules import merged

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
