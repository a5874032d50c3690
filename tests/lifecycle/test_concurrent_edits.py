"""What people do while an update runs: what they save or commit is there afterwards, and the update says so."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from support.guarded_repository import BASE, THEIRS, Guarded, at_step, guard, listening, make
from support.template_origin import put

MINE = "mine: true\n"


def left(project: Guarded) -> list[str]:
    """What the guard left in the git directory."""
    names = (path.name for path in (project.path / ".git").iterdir())
    return [name for name in names if name.startswith("template-update") or name.endswith(".lock")]


def test_an_update(guarded: Guarded) -> None:
    assert guarded.update() == ""
    assert guarded.read("params.yaml").startswith("added: true\n")
    assert guarded.git("status", "--porcelain").splitlines() == [
        "M  .copier-answers.yml",
        "A  deploy/api/run.py",
        "R  docs/guide.md -> docs/manual.md",
        "M  params.yaml",
        "A  src/new.py",
        "D  src/old.py",
        "M  src/train.py",
    ]
    assert left(guarded) == ["template-update.lock"]


def save(project: Guarded) -> None:
    """Saves a file that the update changes."""
    put(project.path, {"params.yaml": MINE})


def stage(project: Guarded) -> None:
    """Saves and stages a file."""
    save(project)
    project.git("add", "params.yaml")


def delete(project: Guarded) -> None:
    """Deletes a file that the update changes."""
    put(project.path, {"params.yaml": None})


def make_file(project: Guarded) -> None:
    """Makes a file where the update adds one."""
    put(project.path, {"src/new.py": MINE})


def make_ignored(project: Guarded) -> None:
    """Makes a file that git ignores, where the update adds a folder."""
    put(project.path, {"deploy": MINE})


@pytest.mark.parametrize("event", [save, stage, delete, make_file, make_ignored])
def test_what_is_done_while_the_update_is_planned_stays(event: Callable[[Guarded], None], guarded: Guarded) -> None:
    after: list[object] = []

    def meanwhile() -> None:
        event(guarded)
        after.append(guarded.state())

    refusal = guarded.update(meanwhile)
    name = {"make_file": "src/new.py", "make_ignored": "deploy"}.get(event.__name__, "params.yaml")
    assert f"{name} changed while the update was planned, nothing is written" in refusal
    assert guarded.state() == after[0]
    assert left(guarded) == ["template-update.lock"]


def test_a_commit_while_the_update_is_planned_is_not_reverted(guarded: Guarded) -> None:
    def meanwhile() -> None:
        put(guarded.path, {"src/mine.py": MINE})
        guarded.git("add", "--all")
        guarded.git("commit", "--quiet", "--message", "mine")

    assert "got another commit" in guarded.update(meanwhile)
    assert guarded.git("status", "--porcelain") == ""
    assert guarded.update() == ""
    assert guarded.read("src/mine.py") == MINE
    assert "src/mine.py" not in guarded.git("status", "--porcelain")


@pytest.mark.parametrize("option", ["assume-unchanged", "skip-worktree"])
def test_a_change_that_git_was_told_not_to_look_for(option: str, guarded: Guarded) -> None:
    guarded.git("update-index", f"--{option}", "params.yaml")
    save(guarded)
    before = guarded.state()
    refusal = guarded.update()
    assert "params.yaml has changes that git was told not to look for, nothing is written" in refusal
    assert guarded.state() == before
    put(guarded.path, {"params.yaml": BASE["params.yaml"]})
    assert guarded.update() == ""
    assert guarded.read("params.yaml") == THEIRS["params.yaml"]


def test_a_file_that_a_sparse_checkout_leaves_out(guarded: Guarded) -> None:
    guarded.git("sparse-checkout", "set", "--no-cone", "/*", "!/src", "!/deploy")
    assert not (guarded.path / "src").exists()
    assert guarded.update() == ""
    assert not (guarded.path / "src").exists()
    assert not (guarded.path / "deploy").exists()
    guarded.git("commit", "--quiet", "--message", "update")
    guarded.git("sparse-checkout", "disable")
    assert guarded.git("status", "--porcelain") == ""
    assert all(guarded.read(name) == content for name, content in THEIRS.items())


def typed(project: Guarded) -> bool:
    """Tells whether what was typed is in the tree or under a ref that a message names."""
    named = [ref for ref in project.refs() if ref in project.said()]
    kept = [project.git("show", f"{ref}:params.yaml") for ref in named]
    return MINE in (project.read("params.yaml"), *kept)


def in_place(project: Guarded) -> None:
    """Saves as most editors do."""
    put(project.path, {"params.yaml": MINE})


def by_rename(project: Guarded) -> None:
    """Saves as careful editors do."""
    put(project.path, {"params.part": MINE})
    (project.path / "params.part").replace(project.path / "params.yaml")


@pytest.mark.parametrize("save", [in_place, by_rename])
def test_a_save_between_any_two_steps(save: Callable[[Guarded], None], tmp_path: Path) -> None:
    """At each rename, link and removal of the writing."""
    theirs = {**BASE, "params.yaml": THEIRS["params.yaml"], "new.md": "new\n"}
    probe = make(tmp_path / "probe", BASE, theirs)
    with listening(probe.messages), at_step(0, lambda: None) as steps:
        probe.update()
        probe.git("reset", "--quiet", "--hard")
    moments = [number for number, name in enumerate(steps, 1) if name != "git"]
    assert len(moments) > 10
    (probe.path / ".git/template-update.lock").unlink()
    for number in moments:
        project = probe.copy(tmp_path / str(number))
        with listening(project.messages):
            before = project.state()
            with at_step(number, lambda project=project: save(project)):  # type: ignore[misc]
                refusal = project.update()
            assert typed(project), f"step {number}, {steps[number - 1]}: {project.said()}"
            assert left(project) == ["template-update.lock"]
            if refusal:
                put(project.path, {"params.yaml": BASE["params.yaml"]})
                assert project.state() == before


def test_an_editor_that_holds_the_old_file_open(guarded: Guarded) -> None:
    """It writes into the file that was renamed away, after all was looked at."""
    with at_step(0, lambda: None) as steps:
        guarded.update()
    last = max(number for number, name in enumerate(steps, 1) if name == "replace")  # that of the index
    guarded.git("reset", "--quiet", "--hard")
    with (guarded.path / "params.yaml").open("r+", encoding="utf-8") as file:

        def write() -> None:
            file.write(MINE)
            file.flush()

        with at_step(last, write):
            assert guarded.update() == ""
    (ref,) = guarded.refs()
    assert f"the update is written; what was saved is kept in {ref}" in guarded.said()
    assert guarded.git("show", f"{ref}:params.yaml").startswith(MINE)
    assert guarded.git("reflog", "show", ref)


def test_a_commit_while_the_update_is_written(guarded: Guarded) -> None:
    """Git's own lock keeps `git commit` out; what goes round it is noticed, and the update taken back."""
    before = guarded.state()
    codes = []

    def commit() -> None:
        codes.append(os.system(f"git -C {guarded.path} commit --quiet --allow-empty --message x 2> /dev/null"))  # noqa: S605

    with at_step(0, lambda: None) as steps:
        guarded.update()
    guarded.git("reset", "--quiet", "--hard")
    with at_step(steps.index("link") + 1, commit):
        assert guarded.update() == ""
    assert codes[0] != 0
    guarded.git("reset", "--quiet", "--hard")

    def behind() -> None:
        tree = guarded.git("commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "x").strip()
        guarded.git("update-ref", "HEAD", tree)

    with at_step(steps.index("link") + 1, behind):
        assert "got another commit" in guarded.update()
    assert guarded.state()[1:] == before[1:]
    assert guarded.git("status", "--porcelain") == ""


def test_another_git_command_holds_the_index(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard.index, "PATIENCE", 0.2)
    put(guarded.path, {".git/index.lock": "git's\n"})
    before = guarded.state()
    assert "another git command is running" in guarded.update()
    assert (guarded.path / ".git/index.lock").read_text() == "git's\n"
    (guarded.path / ".git/index.lock").unlink()
    assert guarded.state() == before


PENDING = {
    "cherry-pick": "cherry-pick or revert of several commits (sequencer)",
    "bisect": "bisect (BISECT_LOG)",
}


@pytest.mark.parametrize("command", PENDING)
def test_what_git_has_under_way_is_refused(command: str, guarded: Guarded) -> None:
    for number in range(3):
        put(guarded.path, {"src/mine.py": f"{number}\n"})
        guarded.git("add", "--all")
        guarded.git("commit", "--quiet", "--message", "mine")
    if command == "bisect":
        guarded.git("bisect", "start", "HEAD", "HEAD~3")
    else:
        guarded.git("reset", "--quiet", "--hard", "HEAD~3")
        guarded.git("branch", "other", "HEAD@{1}")
        os.system(f"git -C {guarded.path} cherry-pick other other~1 2> /dev/null > /dev/null")  # noqa: S605
        guarded.git("checkout", "--force", "HEAD", ".")
        (guarded.path / ".git/CHERRY_PICK_HEAD").unlink(missing_ok=True)
        guarded.git("reset", "--quiet", "--hard")
    before = guarded.state()
    refusal = guarded.update()
    assert f"is in the middle of a {PENDING[command]}: finish it first" in refusal
    assert guarded.state() == before
