"""Each gate is fed the absence of what it needs: it is closed, says so in its sentence, and ends with its exit code."""

import json
import re
import shutil
from pathlib import Path

import pytest
from support.rendered_project import Project

pytestmark = pytest.mark.e2e
GATE, USAGE, FAILED = 3, 2, 1
UNALIAS = """
from {package}.mlops.core import params
from {package}.mlops.tracking import mlflow_client

mlflow_client.connect().delete_registered_model_alias(params.load().register_.model_name, "champion")
"""
MOVE = UNALIAS.replace("delete_registered", "set_registered").replace('"champion")', '"champion", "1")')


def another_model(project: Project) -> None:
    """Lets the next run train another model than the champion."""
    project.edit("params.yaml", "hyperparameters: {}", "hyperparameters: {learning_rate: 0.05}")


def ended(project: Project, module: str, *arguments: str, **environment: str) -> tuple[int, str]:
    """Runs a module; returns its exit code and its refusal, in one line."""
    done = project.stage(module, *arguments, check=False, **environment)
    said = " ".join(done.stderr.split())
    return done.returncode, said[said.find("refused: ") :] if "refused: " in said else ""


def verdict(project: Project) -> dict[str, str]:
    """The closed gates of the last run, with the reason of each."""
    told = json.loads(project.read("reports/verdict.json"))
    assert (told["stage"], told["code"]) == ("evaluate", GATE)
    return dict(told["gates"])


@pytest.mark.capability("gates of the model")
@pytest.mark.parametrize("lost", ["alias", "registry", "file"])
def test_a_champion_that_the_registry_lost_is_compared_all_the_same(project: Project, lost: str) -> None:
    """The audit log says who it is, DVC has the model."""
    if lost == "alias":
        project.run("uv", "run", "python", "-c", UNALIAS.format(package=project.package))
    elif lost == "registry":
        (project.path / "mlflow.db").unlink()
    else:
        shutil.rmtree(project.path / "mlruns")
    assert "Running stage" not in project.make("run").stdout, "the model that there is, is the champion"
    another_model(project)
    assert "all 6 gates passed" in project.make("run").stdout
    assert "differs from champion 1's by " in project.read("reports/evaluation.json")
    said = project.make("restore").stdout
    assert "churn-model 1 is champion in the registry, as the audit log says" in said
    assert project.entries() == 1


@pytest.mark.capability("gates of the model")
def test_a_champion_that_is_lost_everywhere(project: Project) -> None:
    for folder in ("mlruns", ".dvc/cache"):
        shutil.rmtree(project.path / folder)
    another_model(project)
    code, said = ended(project, "commands.run")
    assert code == GATE
    sentence = r"champion 1 can't be loaded: the model that dvc\.lock of \w+ names is neither in DVC's cache nor in its"
    assert re.search(f"champion: not compared: {sentence}.* evaluate.champion.require: false lets", said), said
    assert verdict(project) == {"champion": "not_measured"}
    code, said = ended(project, "commands.registry", "restore")
    assert (code, "neither in DVC's cache nor in its remote: run `uv run dvc push`" in said) == (FAILED, True), said
    project.edit("params.yaml", "require: true", "require: false")
    assert "all 6 gates passed" in project.make("run").stdout
    assert not (project.path / "reports/verdict.json").exists()


@pytest.mark.capability("gates of the model")
def test_a_champion_that_somebody_moved_in_the_registry(project: Project) -> None:
    another_model(project)
    project.make("run")
    project.make("promote", "WHY=slower to learn")
    project.run("uv", "run", "python", "-c", MOVE.format(package=project.package))
    for module, *arguments in (("stages.evaluate",), ("commands.registry", "promote", "--why", "x")):
        code, said = ended(project, module, *arguments)
        assert code == FAILED, said
        sentence = r"refused: the registry's champion is churn-model 1, model \w+, by audit\.jsonl it is version 2"
        assert re.match(sentence, said), said
    project.make("restore")
    project.stage("stages.evaluate")
    assert project.entries() == 2


def test_a_registry_or_revision_that_is_not_there(project: Project) -> None:
    code, said = ended(project, "stages.evaluate", MLFLOW_TRACKING_URI="http://127.0.0.1:9")
    assert (code, said.startswith("refused: MLflow at http://127.0.0.1:9 can't be used")) == (FAILED, True), said
    code, said = ended(project, "stages.evaluate", CHAMPION_REV="nowhere")
    assert (code, "CHAMPION_REV is nowhere, which is no revision" in said) == (USAGE, True), said


@pytest.mark.capability("gates of the model")
def test_the_champion_is_compared_although_a_column_is_derived(project: Project) -> None:
    """One whose column the champion before it does not have, and one that has it."""
    features = f"src/{project.package}/features.py"
    project.edit(features, "DERIVED: list[str] = []", 'DERIVED: list[str] = ["charge_per_call"]')
    project.edit(
        features,
        "    return frame\n",
        '    return frame.assign(charge_per_call=frame["monthly_charge"] / (1 + frame["support_calls"]))\n',
    )
    project.edit("params.yaml", "minimum: {roc_auc: 0.80}", "minimum: {}")
    project.edit("params.yaml", "promote: main", "promote: always")
    project.edit("params.yaml", "min_recall: 0.05", "min_recall: null")
    project.make("run")
    project.edit("params.yaml", "hyperparameters: {}", "hyperparameters: {max_iter: 1, max_leaf_nodes: 2}")
    code, said = ended(project, "commands.run")
    assert code == GATE
    assert re.search(r"fails 1 of \d gates champion: roc_auc differs from champion 2's by -0\.1", said), said
    assert verdict(project) == {"champion": "limit"}


@pytest.mark.capability("gates of the model")
def test_what_can_not_be_measured(project: Project) -> None:
    project.edit("params.yaml", "min_group: 50", "min_group: 50000")
    code, said = ended(project, "commands.run")
    assert code == GATE
    assert "fairness demographic_parity by gender: demographic_parity by gender was not measured, because fewer" in said
    assert set(verdict(project).values()) == {"not_measured"}
    project.edit("params.yaml", "min_group: 50000", "min_group: 50")
    project.edit(f"src/{project.package}/metrics.py", "sk.roc_auc_score(s.truth, s.positive)", 'float("nan")')
    code, said = ended(project, "stages.evaluate", DVC_STAGE="evaluate")
    assert code == GATE
    assert "baseline: roc_auc is nan" in said
    assert verdict(project) == {"baseline": "not_measured", "minimum roc_auc": "not_measured"}


@pytest.mark.capability("gates of the model")
def test_a_report_that_says_nothing_registers_nothing(project: Project) -> None:
    path = project.path / "reports/evaluation.json"
    report, log = json.loads(path.read_text()), project.read("audit.jsonl")
    path.unlink()
    for said in (None, "", "{}", json.dumps({**report, "gates": []}), json.dumps({**report, "gates": None})):
        if said is not None:
            path.write_text(said)
        code, sentence = ended(project, "stages.register")
        assert code == GATE, sentence
        assert re.match(r"refused: (there is no )?reports/evaluation\.json", sentence), sentence
    (project.path / "models/model.json").unlink()
    code, sentence = ended(project, "stages.register")
    assert (code, sentence.startswith("refused: there is no models/model.json")) == (GATE, True)
    assert project.read("audit.jsonl") == log


@pytest.mark.capability("tampered model")
def test_a_commit_without_results_is_no_evidence(project: Project) -> None:
    project.run("git", "rm", "--quiet", "--cached", "dvc.lock", "metrics.json", "MODEL_CARD.md")
    project.run("git", "commit", "--quiet", "--no-verify", "--message", "no results")
    code, said = ended(project, "commands.evidence")
    assert (code, "dvc.lock, metrics.json, MODEL_CARD.md" in said) == (GATE, True), said


@pytest.mark.capability("gates of the model")
def test_what_the_gate_of_delivery_needs(lifted: Project, tmp_path: Path) -> None:
    shutil.copytree(lifted.path, tmp_path / "p", symlinks=True)
    project = Project(tmp_path / "p", lifted.environment)
    gates = {gate["name"]: gate["passed"] for gate in json.loads(project.read("reports/evaluation.json"))["gates"]}
    assert gates["serving"] is True
    assert ended(project, "mlops.delivery", "gate")[0] == 0
    needed = ("dvc.lock", "audit.jsonl", "MODEL_CARD.md", "models/model.json", "reports/evaluation.json", ".git")
    for name in needed:
        (project.path / name).rename(tmp_path / "away")
        code, said = ended(project, "mlops.delivery", "gate")
        assert (code, said.startswith("refused: ")) == (GATE, True), (name, said)
        (tmp_path / "away").rename(project.path / name)
    assert ended(project, "mlops.delivery", "gate")[0] == 0
