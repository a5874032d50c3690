"""The generated `template-update.yml`, executed by act: a pull request, an issue, nothing, or red, as the guard ends.

GitHub's repository is a bare one on this machine, its `gh` a stand-in; guard, commit and push are real.
"""

import subprocess
from pathlib import Path

import pytest
from support.platforms.act_runner import URL, Runner, said, succeeded
from support.rendered_project import Project
from support.template_origin import ENVIRONMENT, SECOND, Made, git

pytestmark = pytest.mark.e2e

RUNBOOK = "docs/runbook.md"
BRANCH = "template-update"
# As on GitHub's machines: no identity, no bytecode elsewhere.
MACHINE = {key: text for key, text in ENVIRONMENT.items() if not key.startswith(("GIT_AUTHOR", "GIT_COMM", "PYTHONPY"))}


@pytest.fixture
def hosted(tmp_path: Path) -> Path:
    """The repository that stands in for GitHub's."""
    git(tmp_path, "init", "--quiet", "--bare", "hosted.git")
    return tmp_path / "hosted.git"


@pytest.fixture
def runner(made: Made, hosted: Path, tmp_path: Path) -> Runner:
    """A runner for a project at the first release; what it pushes to GitHub arrives in `hosted`."""
    elsewhere = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{hosted}.insteadOf",
        "GIT_CONFIG_VALUE_0": URL,
    }
    git(made.path, "push", "--quiet", str(hosted), "main")
    return Runner(Project(made.path, MACHINE | elsewhere), tmp_path / "runner", "template-update.yml")


def weekly(runner: Runner, number: str = "") -> subprocess.CompletedProcess[str]:
    """Runs the workflow as its schedule does, where the pull request or issue of this number is open.

    With the network: the guard's packages may be new to this machine.
    """
    return runner.act("schedule", UV_OFFLINE="false", GH_NUMBER=number)


def pushed(hosted: Path) -> list[str]:
    """The branches that the project's repository has."""
    return git(hosted, "branch", "--format=%(refname:short)").split()


@pytest.mark.capability("update workflow")
@pytest.mark.parametrize("number", ["", "12"])
def test_an_update_is_pushed_and_proposed(number: str, made: Made, hosted: Path, runner: Runner) -> None:
    made.origin.release(SECOND, {f"template/{RUNBOOK}": "theirs\n", "template/docs/new.md": "new\n"})
    if number:
        git(made.path, "commit", "--quiet", "--allow-empty", "--message", "last week's")
        git(made.path, "push", "--quiet", str(hosted), f"HEAD:{BRANCH}")
        git(made.path, "reset", "--quiet", "--hard", "HEAD^")
    done = weekly(runner, number)
    assert done.returncode == 0, said(done)[-4000:]
    assert succeeded(done) == {"update", "propose"}
    fetched, setup, listed, proposed = runner.called()
    assert fetched == setup == "auth setup-git"
    assert listed.startswith(f"pr list --head {BRANCH} --state open")
    title = f"--title Update the template to {SECOND} --body-file "
    new = f"pr create --base main --head {BRANCH} {title}"
    assert proposed.startswith(f"pr edit {number} {title}" if number else new)
    assert f"  changed   {RUNBOOK}\n" in (runner.left / "gh-body").read_text()
    changed = git(hosted, "diff", "--name-status", f"{BRANCH}^", BRANCH).splitlines()
    assert changed == ["M\t.copier-answers.yml", "A\tdocs/new.md", f"M\t{RUNBOOK}"]
    assert git(hosted, "rev-parse", f"{BRANCH}^") == git(made.path, "rev-parse", "main")
    said_of = git(hosted, "log", "-1", "--format=%an: %s", BRANCH)
    assert said_of == f"github-actions[bot]: Update the template to {SECOND}\n"


@pytest.mark.capability("update workflow")
@pytest.mark.parametrize("number", ["", "12"])
def test_a_conflict_is_told_and_not_pushed(number: str, made: Made, hosted: Path, runner: Runner) -> None:
    made.work({RUNBOOK: "ours\n"})
    made.origin.release(SECOND, {f"template/{RUNBOOK}": "theirs\n"})
    done = weekly(runner, number)
    assert done.returncode == 0, said(done)[-4000:]
    assert pushed(hosted) == ["main"]
    assert succeeded(done) == {"update", "tell"}
    _, listed, told = runner.called()
    assert listed.startswith("issue list --state open --app github-actions ")
    title = "--title The template update needs a person "
    assert told.startswith(f"issue edit {number} --body-file " if number else f"issue create {title}--body-file ")
    assert f"  conflict  {RUNBOOK}: " in (runner.left / "gh-body").read_text()


def test_nothing_to_do_is_green_and_silent(hosted: Path, runner: Runner) -> None:
    done = weekly(runner)
    assert done.returncode == 0, said(done)[-4000:]
    assert "nothing to do: " in said(done)
    assert runner.called() == ["auth setup-git"]
    assert pushed(hosted) == ["main"]


def test_a_template_out_of_reach_is_red(made: Made, hosted: Path, runner: Runner) -> None:
    made.origin.path.rename(made.origin.path.with_name("elsewhere"))
    done = weekly(runner)
    assert done.returncode != 0
    assert "refused: the template can't be fetched from" in said(done)
    assert runner.called() == ["auth setup-git"]
    assert pushed(hosted) == ["main"]
