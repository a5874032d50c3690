"""An update that fails or is killed at any step: the next one takes back what it wrote, and nothing else."""

import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock
from support.guarded_repository import BASE, THEIRS, Guarded, at_step, guard, listening, make
from support.template_origin import git, put

MINE = "mine: true\n"
WRITTEN = "params.yaml"


def steps_of(project: Guarded, name: str) -> list[int]:
    """Returns the numbers of an update's steps of a name."""
    project.plan()
    probe = project.copy(project.path.parent / "probe")
    with at_step(0, lambda: None) as steps:
        probe.update()
    shutil.rmtree(probe.path.parent)
    return [number for number, step in enumerate(steps, 1) if step == name]


def kill_after(project: Guarded, name: str, count: int = 1) -> None:
    """Kills an update after so many steps of a name."""
    number = steps_of(project, name)[count - 1]
    assert project.killed(number + 1)


def half(project: Guarded) -> None:
    """Kills an update that has written some of its files."""
    kill_after(project, "link", 4)
    assert (project.path / ".git/index.lock").exists()
    assert project.git("diff", "--name-only") != ""


def all_but_the_end(project: Guarded) -> None:
    """Kills an update that has written everything, index too."""
    kill_after(project, "replace", 2)
    assert "M  params.yaml" in project.git("status", "--porcelain")


def test_killed_at_any_step(tmp_path: Path) -> None:
    """The next one ends as if it had been the first."""
    theirs = {**BASE, WRITTEN: THEIRS[WRITTEN], "new/a.md": "new\n"}
    del theirs["src/old.py"]
    probe = make(tmp_path / "probe", BASE, theirs)
    with listening(probe.messages), at_step(0, lambda: None) as steps:
        probe.update()
    undisturbed = probe.state()
    probe.git("reset", "--quiet", "--hard")
    finished = 0
    for number in range(1, len(steps) + 1, 3):
        project = probe.copy(tmp_path / str(number))
        with listening(project.messages):
            assert project.killed(number)
            refusal = project.update()
            assert project.state() == undisturbed, f"step {number}, {steps[number - 1]}: {project.said()}"
            assert project.refs() == []
            finished += "has uncommitted work" in refusal  # it had written everything
    assert finished < 5


@pytest.mark.parametrize("kill", [half, all_but_the_end])
def test_killed_again_while_the_first_kill_is_undone(kill: Callable[[Guarded], None], guarded: Guarded) -> None:
    before = guarded.state()
    kill(guarded)
    put(guarded.path, {WRITTEN: MINE})
    number = 0
    while guarded.killed(number := number + 3):
        assert guarded.read(WRITTEN) == MINE
    assert number > 10
    assert "has uncommitted work (params.yaml)" in guarded.update()
    assert guarded.read(WRITTEN) == MINE
    put(guarded.path, {WRITTEN: BASE[WRITTEN]})
    assert guarded.state() == before
    assert guarded.update() == ""


@pytest.mark.parametrize("kill", [half, all_but_the_end])
def test_what_was_saved_after_the_kill_stays_and_is_kept(kill: Callable[[Guarded], None], guarded: Guarded) -> None:
    kill(guarded)
    put(guarded.path, {WRITTEN: MINE, "deploy/api/run.py": MINE, "mine.md": MINE})
    refusal = guarded.update()
    assert "has uncommitted work" in refusal
    assert all(guarded.read(name) == MINE for name in (WRITTEN, "deploy/api/run.py", "mine.md"))
    assert guarded.read("src/train.py") == BASE["src/train.py"]
    (ref,) = guarded.refs()
    assert f"what was saved is kept in {ref}" in guarded.said()
    assert "deploy/api/run.py, params.yaml changed since and stay as it is" in guarded.said()
    assert guarded.git("show", f"{ref}:{WRITTEN}") == guarded.git("show", f"{ref}:deploy/api/run.py") == MINE
    assert "an update was killed" in guarded.git("reflog", "show", ref)
    assert "has uncommitted work" in guarded.update()
    assert guarded.refs() == [ref]


def test_each_kill_has_a_ref_of_its_own(guarded: Guarded) -> None:
    for number in range(2):
        half(guarded)
        put(guarded.path, {WRITTEN: f"{number}\n"})
        guarded.update()
        put(guarded.path, {WRITTEN: BASE[WRITTEN]})
    guarded.git("gc", "--quiet", "--prune=now")
    assert {guarded.git("show", f"{ref}:{WRITTEN}") for ref in guarded.refs()} == {"0\n", "1\n"}


@pytest.mark.parametrize("kill", [half, all_but_the_end])
def test_what_a_person_cleaned_up_is_not_cleaned_up_again(kill: Callable[[Guarded], None], guarded: Guarded) -> None:
    """They work on for two days, then type it again: their work stays where it is."""
    kill(guarded)
    (guarded.path / ".git/index.lock").unlink(missing_ok=True)
    guarded.git("reset", "--quiet", "--hard")
    guarded.git("clean", "--quiet", "-d", "--force", "-x")
    put(guarded.path, {"src/train.py": MINE, "mine.md": MINE, "deploy": MINE, "src/new.py": MINE})
    before = guarded.state()
    for _ in range(2):
        assert "has uncommitted work" in guarded.update()
        assert guarded.state() == before


@pytest.mark.parametrize("kill", [half, all_but_the_end])
@pytest.mark.parametrize("branch", ["main", "other"])
def test_what_was_committed_after_the_kill_stays(
    kill: Callable[[Guarded], None], branch: str, guarded: Guarded
) -> None:
    kill(guarded)
    (guarded.path / ".git/index.lock").unlink(missing_ok=True)
    guarded.git("switch", "--quiet", *(["--create", branch] if branch != "main" else [branch]))
    put(guarded.path, {"mine.md": MINE})
    guarded.git("add", "--all", "--force")
    guarded.git("commit", "--quiet", "--message", "all of it")
    before = guarded.state()
    assert guarded.update() == ""
    assert all(guarded.git("show", f"HEAD:{name}").encode() == text for name, text in before[2].items())
    assert guarded.read("mine.md") == MINE
    guarded.git("commit", "--quiet", "--all", "--allow-empty", "--message", "update")
    assert guarded.git("status", "--porcelain") == ""
    assert guarded.read(WRITTEN) == THEIRS[WRITTEN]


def test_another_branch_after_the_kill(guarded: Guarded) -> None:
    guarded.git("branch", "other")
    guarded.git("switch", "--quiet", "other")
    put(guarded.path, {WRITTEN: MINE})
    guarded.git("commit", "--quiet", "--all", "--message", "other")
    guarded.git("switch", "--quiet", "main")
    half(guarded)
    (guarded.path / ".git/index.lock").unlink()
    guarded.git("switch", "--quiet", "--discard-changes", "other")
    guarded.git("clean", "--quiet", "-d", "--force", "-x")
    put(guarded.path, {"src/train.py": MINE})
    before = guarded.state()
    assert "has uncommitted work (src/train.py)" in guarded.update()
    assert guarded.state() == before


def test_the_project_beside_it_is_not_restored(tmp_path: Path) -> None:
    """Two projects in one repository: the update of one undoes the killed update of the other, there."""
    one, other = make(tmp_path / "1", BASE, THEIRS), make(tmp_path / "2", BASE, THEIRS)
    mono = tmp_path / "mono"
    for name, project in (("one", one), ("other", other)):
        shutil.copytree(project.path, mono / name, ignore=shutil.ignore_patterns(".git"))
        project.path = mono / name
    git(mono, "init", "--quiet")
    git(mono, "add", "--all")
    git(mono, "commit", "--quiet", "--message", "mono")
    with listening(one.messages):
        kill_in_folder(one)
        put(mono, {"one/mine.md": MINE, "neighbor.md": MINE})
        assert other.update() == ""
        assert one.read(WRITTEN) == BASE[WRITTEN]
        assert one.read("mine.md") == (mono / "neighbor.md").read_text() == MINE
        assert other.read(WRITTEN) == THEIRS[WRITTEN]


def kill_in_folder(project: Guarded) -> None:
    """Kills an update of a project in a folder of its repository, halfway."""
    number = 1
    while project.killed(number) and not project.git("diff", "--name-only"):
        number += 1
    assert project.git("diff", "--name-only")


def full(*_: object, **__: object) -> None:
    """Stands in for what needs room on the disk."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("name", ["rename", "link", "replace"])
def test_a_full_disk(name: str, guarded: Guarded) -> None:
    before = guarded.state()
    for number in steps_of(guarded, name):
        with at_step(number, full), pytest.raises(OSError, match="No space left"):
            guarded.update()
        assert guarded.state() == before
        assert [path.name for path in (guarded.path / ".git").glob("template-update*")] == ["template-update.lock"]
    assert guarded.update() == ""


def test_a_disk_so_full_that_not_all_is_restored(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    before = guarded.state()
    with monkeypatch.context() as patch:
        patch.setattr(os, "link", full)
        refusal = guarded.update()
    assert "No space left" in refusal
    assert "could not all be restored" in refusal
    assert "call it again, it restores them first" in refusal
    assert guarded.state() != before
    assert guarded.update() == ""
    assert "an update was killed here" in guarded.said()


def test_another_disk_and_one_without_links(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    """The git directory may be elsewhere, so that nothing can be renamed or linked from there to here."""
    rename = os.rename

    def elsewhere(source: Path, target: Path) -> None:
        if (".git" in Path(source).parts) != (".git" in Path(target).parts):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        rename(source, target)

    def none(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "rename", elsewhere)
    monkeypatch.setattr(os, "link", none)
    assert guarded.update() == ""
    assert all(guarded.read(name) == content for name, content in THEIRS.items())
    assert "??" not in guarded.git("status", "--porcelain")


def test_what_a_killed_guard_of_an_older_release_left(guarded: Guarded) -> None:
    """Its journal doesn't say which bytes are its own: all stays, and a copy is kept."""
    put(guarded.path, {WRITTEN: MINE, "src/new.py": THEIRS["src/new.py"], "deploy": MINE, "local/secret": MINE})
    put(guarded.path, {".git/template-update.json": json.dumps({"added": ["src/new.py", "deploy"]})})
    before = guarded.state()
    refusal = guarded.update()
    assert "has uncommitted work" in refusal
    assert guarded.state() == before
    (ref,) = guarded.refs()
    assert f"what lies in the files is also in {ref}" in guarded.said()
    assert guarded.git("show", f"{ref}:{WRITTEN}") == guarded.git("show", f"{ref}:deploy") == MINE
    assert "local/secret" not in guarded.git("ls-tree", "-r", "--name-only", ref)
    assert "has uncommitted work" in guarded.update()
    assert guarded.refs() == [ref]


def test_a_dry_run_writes_nothing(guarded: Guarded) -> None:
    project = guard.project.Project.at(guarded.path)

    def everything() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in guarded.path.rglob("*") if path.is_file()}

    before = everything()
    with guard.applying.alone(project, dry=True):
        project.demand_clean()
        guarded.plan()
    assert everything() == before
    half(guarded)
    before = everything()
    sentence = r"was killed and left .*and \d more: a dry run writes nothing, the update itself restores them first"
    with pytest.raises(guard.repository.GuardError, match=sentence), guard.applying.alone(project, dry=True):
        pass
    assert everything() == before
    (guarded.path / ".git/index.lock").unlink()
    guarded.git("reset", "--quiet", "--hard")
    guarded.git("clean", "--quiet", "-d", "--force", "-x")
    put(guarded.path, {"mine.md": MINE})
    before = everything()
    with guard.applying.alone(project, dry=True):
        assert everything() == before


def test_folders_of_killed_runs_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard.temporary.tempfile, "tempdir", str(tmp_path))
    old = 2 * guard.temporary.HOUR
    names = {"killed": old, "young": 0, "living": old, "foreign": old}
    for name, age in names.items():
        lock = tmp_path / f"template-update-{name}" / ("in-use.lock" if name != "foreign" else "x")
        put(lock.parent, {lock.name: "", "base/file": "x\n"})
        os.utime(lock, (lock.stat().st_mtime - age,) * 2)
    (tmp_path / "template-update-link").symlink_to(tmp_path / "template-update-killed")
    with FileLock(tmp_path / "template-update-living/in-use.lock"):
        os.utime(tmp_path / "template-update-living/in-use.lock", (1, 1))
        with guard.temporary.folder() as made:
            assert made.parent == tmp_path.resolve()
            left = {path.name.removeprefix("template-update-") for path in tmp_path.iterdir()} - {made.name}
    assert left - {made.name.removeprefix("template-update-")} == {"young", "living", "foreign", "link"}
    assert not made.exists()
