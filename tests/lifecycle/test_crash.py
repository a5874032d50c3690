"""An update that fails or is killed leaves nothing half-done: the next one finds and undoes what a killed one left."""

import os
import shutil
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.template_origin import ENVIRONMENT, FIRST, GUARD, SECOND, Made, commit, files, git, put

pytestmark = pytest.mark.e2e

RUNBOOK = "docs/runbook.md"
# Stands in for git and does what is asked, but ends an update's writing in a way of its own.
WRAPPER = """#!/bin/sh
if [ "$1 $2" = "WHEN" ]; then
  ENDING
fi
exec GIT "$@"
"""
BEFORE, AFTER = "ls-files --stage", "update-index -q"  # what the guard calls before and after it writes the files


@pytest.fixture
def behind(made: Made) -> Made:
    """A project with an edit, and a newer release that changes, adds and removes files."""
    made.work({RUNBOOK: made.read(RUNBOOK) + "\nAsk Ada.\n"})
    text = "The template's line.\n\n" + made.origin.read(f"template/{RUNBOOK}")
    made.origin.release(
        SECOND, {f"template/{RUNBOOK}": text, "template/docs/new.md": "new\n", "template/.dvcignore": None}
    )
    return made


def broken_git(folder: Path, when: str, ending: str) -> dict[str, str]:
    """Returns an environment in which git ends an update in this way."""
    real = shutil.which("git")
    assert real
    put(folder, {"git": WRAPPER.replace("WHEN", when).replace("ENDING", ending).replace("GIT", real)})
    (folder / "git").chmod(0o755)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def test_a_failure_restores_everything(behind: Made, tmp_path: Path) -> None:
    sentence = behind.refused(**broken_git(tmp_path / "bin", AFTER, "echo the disk is full >&2; exit 128"))
    assert "git update-index failed" in sentence
    assert "the disk is full" in sentence
    assert [path.name for path in (behind.path / ".git").glob("template-update*")] == ["template-update.lock"]
    assert git(behind.path, "status", "--porcelain") == ""
    assert behind.update()["docs/new.md"] == "added"


@pytest.mark.capability("killed update")
@pytest.mark.parametrize("when", [BEFORE, AFTER])
def test_a_killed_update_is_undone_by_the_next(when: str, behind: Made, tmp_path: Path) -> None:
    before = behind.state()
    killed = behind.guard("update", **broken_git(tmp_path / "bin", when, "kill -9 $PPID; exit 1"))
    assert killed.returncode not in (0, 1, 2, 3)
    written = (behind.path / "docs/new.md").exists()
    assert written is (when == AFTER)
    dry = behind.guard("update", "--dry-run")
    assert dry.returncode == written, dry.stderr
    assert ("a dry run writes nothing, the update itself restores them first" in dry.stderr) is written
    assert (behind.path / "docs/new.md").exists() is written
    done = behind.guard("update", "--to", FIRST)
    assert ("an update was killed here, 4 files are restored" in done.stderr) is written
    assert done.returncode == 2
    assert behind.state() == before
    assert behind.update() == {
        ".copier-answers.yml": "changed",
        ".dvcignore": "removed",
        "docs/new.md": "added",
        RUNBOOK: "merged",
    }


@pytest.mark.parametrize("name", [".copier-answers.yml", RUNBOOK])
def test_what_was_written_after_the_kill_is_kept(name: str, behind: Made, tmp_path: Path) -> None:
    behind.guard("update", **broken_git(tmp_path / "bin", AFTER, "kill -9 $PPID; exit 1"))
    typed = behind.read(name) + "# written after the kill\n"
    put(behind.path, {name: typed, "mine.md": "mine\n"})
    done = behind.guard("update")
    assert done.returncode == 1
    assert f"has uncommitted work ({name}, mine.md)" in done.stderr
    (ref,) = git(behind.path, "for-each-ref", "--format=%(refname)", "refs/template-update").split()
    assert f"3 files are restored; {name} changed since and stays as it is" in done.stderr
    assert f"what was saved is kept in {ref}" in done.stderr
    assert behind.read(name) == git(behind.path, "show", f"{ref}:{name}") == typed
    assert behind.read("mine.md") == "mine\n"


def test_killed_where_the_record_of_the_project_is_missing(behind: Made, tmp_path: Path) -> None:
    """It is renamed away last, so a kill may leave a project that says not of what template it is."""
    before = behind.state()
    behind.guard("update", **broken_git(tmp_path / "bin", AFTER, "kill -9 $PPID; exit 1"))
    (behind.path / ".copier-answers.yml").unlink()
    assert "a dry run writes nothing" in behind.guard("update", "--dry-run").stderr
    assert "an update was killed here, 4 files are restored" in behind.guard("update", "--to", FIRST).stderr
    assert behind.state() == before


def test_killed_again_and_again(behind: Made) -> None:
    """At any moment: what is started last ends as if it had been the first."""
    for tenths in range(3, 13, 2):
        running = subprocess.Popen(  # noqa: S603
            ["uv", "run", "--quiet", "--script", str(GUARD), "update"],  # noqa: S607
            cwd=behind.path,
            env=ENVIRONMENT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(tenths / 10)
        os.killpg(running.pid, signal.SIGKILL)
        running.wait(timeout=60)
    last = behind.guard("update")
    if last.returncode:  # one of them was quick enough
        assert "uncommitted work" in last.stderr
    assert "The template's line." in behind.read(RUNBOOK)
    assert "Ask Ada." in behind.read(RUNBOOK)
    assert behind.read("docs/new.md") == "new\n"


def test_a_neighbour_in_the_repository_is_not_restored(behind: Made, tmp_path: Path) -> None:
    mono = tmp_path / "mono"
    put(mono, {"a.md": "a\n"} | {f"p/{name}": text for name, text in files(behind.path).items()})
    git(mono, "init", "--quiet")
    commit(mono)
    put(mono, {"a.md": "uncommitted\n", "b.md": "staged\n"})
    git(mono, "add", "b.md")
    inner = Made(mono / "p", behind.origin)
    inner.refused(**broken_git(tmp_path / "bin", AFTER, "exit 128"))
    assert set(git(mono, "status", "--porcelain").splitlines()) == {" M a.md", "A  b.md"}


def test_six_updates_of_one_project(behind: Made) -> None:
    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(lambda _: behind.guard("update"), range(6)))
    codes = sorted(each.returncode for each in done)
    assert codes == [0, 1, 1, 1, 1, 1], [each.stderr for each in done]
    said = "".join(each.stderr for each in done)
    assert "another update of" in said or "has uncommitted work" in said
    assert behind.read("docs/new.md") == "new\n"
    assert "Ask Ada." in behind.read(RUNBOOK)


def test_six_projects_at_once(behind: Made, tmp_path: Path) -> None:
    projects = [Made(tmp_path / f"p{number}", behind.origin) for number in range(6)]
    for project in projects:
        shutil.copytree(behind.path, project.path)
    with ThreadPoolExecutor(6) as pool:
        verdicts = list(pool.map(lambda project: project.update(), projects))
    assert all(verdict == verdicts[0] for verdict in verdicts)
    assert all(files(project.path) == files(projects[0].path) for project in projects)
