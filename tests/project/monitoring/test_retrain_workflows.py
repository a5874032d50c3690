"""The generated `monitor.yml` and `retrain.yml`, executed by act: what is found starts, proposes, tells, or is red.

GitHub's repository is a bare one on this machine, its `gh` a stand-in; pipeline, gates, DVC's remote and git are real.
"""

import json
import re
import subprocess
from pathlib import Path

import pytest
from support.platforms.act_runner import Runner, said, succeeded
from support.platforms.delivery_workflow import connected
from support.rendered_project import Project
from support.template_origin import git

pytestmark = pytest.mark.e2e

RESULTS = {"dvc.lock", "metrics.json", "MODEL_CARD.md", "audit.jsonl"}
REASON = 'plan drifted; $(touch injected) `touch injected` "; touch injected @team ![x](https://example.com/x.png)'
# Says what it finds as the monitor does, without looking.
STAND_IN = """import json, pathlib, sys
code = {code}
folder = pathlib.Path("reports/monitoring")
folder.mkdir(parents=True, exist_ok=True)
found = [dict(code=code, sentence=line) for line in {found}] if code else []
(folder / "report.json").write_text(json.dumps(dict(exit_code=code, findings=found)))
assert pathlib.Path("data/test.parquet").exists()
assert sys.argv[1:] == ["--since", "7d", "--predictions", "s3://bucket/predictions"], sys.argv
sys.exit(code)
"""


class Machine(Runner):
    """A runner that tells of an event what a person or a monitor adds to it."""

    def __init__(self, project: Project, home: Path, workflow: str, told: dict[str, object]) -> None:
        """Sets it up, with what is told."""
        super().__init__(project, home, workflow)
        self.told = told

    def payload(self, event: str) -> dict[str, object]:
        """Returns what GitHub would tell of an event."""
        return super().payload(event) | self.told


@pytest.fixture
def project(aged: Project, tmp_path: Path) -> Project:
    """A copy of the project on GitHub, its results in a remote of DVC; what it pushes arrives in `hosted`."""
    return connected(aged, tmp_path)


@pytest.fixture
def hosted(tmp_path: Path) -> Path:
    """The repository that stands in for GitHub's."""
    return tmp_path / "hosted.git"


def data(project: Project, name: str) -> None:
    """Commits other data as the project's; the pipeline has not seen them."""
    project.edit("params.yaml", "source: sample ", f"source: {name} ")
    project.edit("params.yaml", f"watch: src/{project.package}/mlops/data/synthetic.py", f"watch: {name}")
    git(project.path, "commit", "--quiet", "--all", "--no-verify", "--message", "new data")


def retrained(project: Project, home: Path, event: str, number: str = "", **told: object) -> tuple[Machine, str, bool]:
    """Runs `retrain.yml`; returns the machine, what was said, and whether it was green."""
    git(project.path, "push", "--quiet", "--force", str(home / "hosted.git"), "main")
    machine = Machine(project, home / "runner", "retrain.yml", told)
    done = machine.act(event, GH_NUMBER=number)
    return machine, said(done), done.returncode == 0


def entries(text: str) -> list[dict[str, str]]:
    """The entries of an audit log."""
    return [json.loads(line) for line in text.splitlines()]


def as_code(machine: Machine) -> str:
    """Returns the lines of the issue or pull request that are code, joined; no other line holds what was found."""
    lines = (machine.left / "gh-body").read_text().splitlines()
    assert not [line for line in lines if not line.startswith("    ") and ("@" in line or "](" in line)]
    return " ".join(line.strip() for line in lines if line.startswith("    "))


def changed(hosted: Path) -> set[str]:
    """The files that the newest commit of the branch changes."""
    return set(git(hosted, "diff", "--name-only", "retrain^", "retrain").splitlines())


@pytest.mark.capability("retraining workflow")
def test_a_better_challenger_is_proposed(project: Project, hosted: Path, tmp_path: Path) -> None:
    data(project, "new.parquet")
    told = {"action": "retrain", "client_payload": {"reason": REASON}}
    machine, text, green = retrained(project, tmp_path, "repository_dispatch", **told)
    assert green, text[-4000:]
    assert "promoted: churn-model version" in text
    listed, setup, proposed = machine.called()
    assert (listed.split()[:4], setup) == (["pr", "list", "--head", "retrain"], "auth setup-git")
    assert proposed.startswith("pr create --base main --head retrain --title Retrain the model: promoted --body-file ")
    assert REASON in as_code(machine)
    assert changed(hosted) == RESULTS
    assert (
        git(hosted, "log", "-1", "--format=%an: %s", "retrain") == "github-actions[bot]: Retrain the model: promoted\n"
    )
    newest = entries(git(hosted, "show", "retrain:audit.jsonl"))[-1]
    assert (newest["action"], newest["event"], newest["reason"]) == ("promote", "repository_dispatch", REASON)
    judged = json.loads((machine.left / "retraining/reports/evaluation.json").read_text())["gates"]
    assert any("differs from champion 1's by +0." in gate["sentence"] for gate in judged)
    locked = re.search(r"path: models/model\.skops\n.*\n\s+md5: (\w+)", git(hosted, "show", "retrain:dvc.lock"))
    assert locked
    assert (tmp_path / f"storage/files/md5/{locked[1][:2]}/{locked[1][2:]}").exists()
    assert not list(tmp_path.rglob("injected"))


@pytest.mark.capability("retraining workflow")
@pytest.mark.parametrize("number", [pytest.param("", marks=pytest.mark.variant), "12"])
def test_a_refusal_is_told_and_its_entry_kept(number: str, project: Project, hosted: Path, tmp_path: Path) -> None:
    data(project, "garbage.parquet")
    if number:
        project.stage("commands.audit", "verify")
        mine = Project(project.path, project.environment | {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "a@b.c"})
        refused = mine.stage("mlops.retraining.retrain", "--why", "last month's", check=False)
        assert refused.returncode == 3, refused.stdout[-4000:]
        git(project.path, "commit", "--quiet", "--all", "--no-verify", "--message", "last month's")
        git(project.path, "push", "--quiet", str(hosted), "HEAD:retrain")
        git(project.path, "reset", "--quiet", "--hard", "HEAD^")
    before = len(entries(project.read("audit.jsonl")))
    machine, text, green = retrained(
        project, tmp_path, "workflow_dispatch", number, inputs={"reason": "this month's data"}
    )
    assert green, text[-4000:]
    assert "refused: champion is version 1 as before; the model fails" in text
    assert changed(hosted) == {"audit.jsonl"}
    log = entries(git(hosted, "show", "retrain:audit.jsonl"))
    assert [entry["action"] for entry in log[before:]] == ["refuse"] * (2 if number else 1)
    assert log[-1]["reason"] == "this month's data"
    assert log[-1]["previous"] == log[-2]["hash"]
    *_, proposed, issues, told = machine.called()
    assert proposed.startswith("pr edit 12 " if number else "pr create --base main --head retrain --title Retrain the ")
    assert issues.startswith("issue list --state open --app github-actions --search in:title")
    assert told.startswith("issue edit 12 " if number else "issue create --title A retrained model was refused ")
    assert "baseline: roc_auc is 0.5" in as_code(machine)


def test_the_same_data_are_green_and_silent(project: Project, hosted: Path, tmp_path: Path) -> None:
    machine, text, green = retrained(project, tmp_path, "schedule")
    assert green, text[-4000:]
    assert "unchanged: the newest data give the model that there is" in text
    assert [call.split()[:2] for call in machine.called()] == [["pr", "list"]]
    assert git(hosted, "branch", "--format=%(refname:short)").split() == ["main"]


def test_a_source_out_of_reach_is_red(project: Project, hosted: Path, tmp_path: Path) -> None:
    data(project, "new.parquet")
    git(project.path, "rm", "--quiet", "new.parquet")
    git(project.path, "commit", "--quiet", "--no-verify", "--message", "gone")
    machine, text, green = retrained(project, tmp_path, "schedule")
    assert not green
    assert "the retraining failed, see above" in text
    assert [call.split()[:2] for call in machine.called()] == [["pr", "list"]]
    assert git(hosted, "branch", "--format=%(refname:short)").split() == ["main"]
    assert (machine.left / "retraining/audit.jsonl").exists()


def look(project: Project, home: Path, code: int, number: str = "") -> tuple[Machine, subprocess.CompletedProcess[str]]:
    """Runs `monitor.yml` with a monitor that finds what the code says."""
    module = project.path / f"src/{project.package}/mlops/monitoring/__main__.py"
    module.parent.mkdir(exist_ok=True)
    module.write_text(STAND_IN.format(code=code, found=[REASON, "Second sentence."]))
    (module.parent / "__init__.py").touch()
    git(project.path, "add", "--all")
    git(project.path, "commit", "--quiet", "--no-verify", "--message", "a stand-in")
    (project.path / ".vars").write_text("PREDICTIONS=s3://bucket/predictions\n")
    machine = Machine(project, home / "runner", "monitor.yml", {})
    return machine, machine.act("schedule", GH_NUMBER=number)


@pytest.mark.parametrize(
    ("code", "number", "jobs", "call"),
    [
        (0, "", {"monitor"}, ""),
        (10, "", {"monitor", "start"}, "api repos/ada/churn-model/dispatches --raw-field event_type=retrain"),
        (11, "", {"monitor", "start"}, "api repos/ada/churn-model/dispatches --raw-field event_type=retrain"),
        (12, "", {"monitor", "tell"}, "issue create --repo ada/churn-model --title The predictions have bad data "),
        (12, "7", {"monitor", "tell"}, "issue edit 7 --repo ada/churn-model --body-file "),
        (1, "", set(), ""),
    ],
)
def test_what_the_monitor_finds(
    code: int, number: str, jobs: set[str], call: str, project: Project, tmp_path: Path
) -> None:
    machine, done = look(project, tmp_path, code, number)
    text = said(done)
    assert (done.returncode == 0) == bool(jobs), text[-4000:]
    assert succeeded(done) == jobs
    assert (machine.left / "monitoring/monitoring/report.json").exists()
    called = "\n".join(machine.called())
    assert call in called
    assert bool(called) == bool(call)
    if "start" in jobs:
        assert called.endswith(f"client_payload[reason]={REASON} Second sentence.")
    if "tell" in jobs:
        assert as_code(machine) == f"{REASON} Second sentence."
    if code == 1:
        assert "the monitor was refused or failed, see above" in text
    assert not list(tmp_path.rglob("injected"))


@pytest.mark.capability("monitor workflow")
def test_drift_starts_a_retraining(project: Project, tmp_path: Path) -> None:
    """With the monitor itself, on predictions in the repository."""
    project.stage("mlops.data.synthetic", "asked.parquet", "--seed", "9", "--rows", "4000", "--drift", "covariate")
    git(project.path, "add", "--all")
    git(project.path, "commit", "--quiet", "--no-verify", "--message", "predictions")
    (project.path / ".vars").write_text("PREDICTIONS=asked.parquet\nSINCE=2025-01-01\n")
    machine = Machine(project, tmp_path / "runner", "monitor.yml", {})
    done = machine.act("schedule")
    assert succeeded(done) == {"monitor", "start"}, said(done)[-4000:]
    found = json.loads((machine.left / "monitoring/monitoring/report.json").read_text())
    assert found["exit_code"] == 10
    (called,) = machine.called()
    assert called.endswith(" ".join(finding["sentence"] for finding in found["findings"]))
