"""Bias in the data closes the gates of fairness, and reweighing opens them; AIF360 agrees with Fairlearn."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import trial_tables
from support.further_packages import WithPackages
from support.rendered_project import Project

pytestmark = pytest.mark.e2e
GATES = ("fairness demographic_parity by team", "fairness disparate_impact by team")
LIMITS = ("    demographic_parity: 0.4\n", "    demographic_parity: 0.2\n    disparate_impact: 0.8\n")


def evaluation(project: Project) -> dict[str, Any]:
    """What was measured and judged."""
    found: dict[str, Any] = json.loads(project.read("reports/evaluation.json"))
    return found


def passed(report: dict[str, Any]) -> dict[str, bool]:
    """Which gates are open."""
    return {gate["name"]: gate["passed"] for gate in report["gates"]}


@pytest.mark.capability("mitigation of bias")
def test_reweighing_opens_the_gate_that_bias_closed(project: Project) -> None:
    table = trial_tables.a_biased_team(project.path).name
    project.stage("mlops.schema_inference", table, "--target", "hired", "--sensitive", "team")
    project.edit("params.yaml", *LIMITS)
    project.edit("params.yaml", "family: hist_gradient_boosting ", "family: linear ")
    project.edit("params.yaml", "require: true", "require: false")  # the champion predicts something else
    refused = project.make("run", check=False)
    assert refused.returncode
    before = evaluation(project)
    assert [passed(before)[name] for name in GATES] == [False, False]
    said = " ".join((refused.stdout + refused.stderr).split())
    assert "asks for at least 0.8: look at the groups in reports/evaluation.json" in said
    assert "unmitigated" not in before and "mitigation" not in json.loads(project.read("models/model.json"))

    project.edit("params.yaml", "  search: null", "  mitigation: reweighing\n  search: null")
    project.make("run")
    after = evaluation(project)
    assert all(passed(after).values())
    gaps = [report["fairness"]["team"]["demographic_parity"]["gap"] for report in (before, after)]
    assert gaps[1] < 0.5 * gaps[0]
    ratios = [report["fairness"]["team"]["disparate_impact"]["gap"] for report in (before, after)]
    assert ratios[0] < 0.8 and ratios[1] > 1.5 * ratios[0]
    assert after["unmitigated"]["fairness"] == before["fairness"], "the same pipeline, fitted without weights"
    assert after["unmitigated"]["metrics"]["roc_auc"] == before["metrics"]["roc_auc"]["value"]

    card = re.sub(" +", " ", project.read("MODEL_CARD.md"))
    assert f"| demographic_parity by team | {gaps[0]:.4f} | {gaps[1]:.4f} |" in card
    project.commit("reweighed")
    project.make("evidence")
    (project.path / "MODEL_CARD.md").write_text(card.replace(f"| {gaps[1]:.4f} |", "| 0.0001 |"), encoding="utf-8")
    project.commit("edited")
    assert "MODEL_CARD.md in HEAD is not what its model gives" in project.make("evidence", check=False).stderr


def test_mitigation_is_refused_where_it_means_nothing(project: Project) -> None:
    project.edit("src/churn_model/schema.py", "Sensitive(feature=False)", "NotAFeature()")
    project.edit(
        "src/churn_model/schema.py",
        "import EventTime, Id, Missing, Sensitive",
        "import EventTime, Id, Missing, NotAFeature",
    )
    project.edit("params.yaml", "  search: null", "  mitigation: reweighing\n  search: null")
    refused = project.stage("stages.train", check=False)
    assert refused.returncode == 2
    assert "refused: train.mitigation: reweighing needs a sensitive column: add Sensitive() to " in refused.stderr


@pytest.fixture(scope="module")
def second(
    finished: Project, with_packages: WithPackages, worker: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Project]:
    """The default project with AIF360, in an environment of its own."""
    added = ("--group", "aif360", "aif360>=0.6.1,<0.7")
    project = with_packages(finished, tmp_path_factory.mktemp("aif360") / "p", "aif360", *added, warmly=False)
    yield project
    shutil.rmtree(worker / "venv-aif360")


@pytest.mark.capability("fairness by two libraries")
def test_aif360_agrees_with_fairlearn(second: Project) -> None:
    default = evaluation(second)
    second.edit("params.yaml", "    demographic_parity: 0.4\n", "    demographic_parity: 0.4\n    backend: both\n")
    second.stage("stages.evaluate")
    report = evaluation(second)
    assert passed(report)["fairness agreement"]
    for by, measures in report["aif360"].items():
        gaps = report["fairness"][by]
        assert abs(measures["statistical_parity"]["value"]) == gaps["demographic_parity"]["gap"]
        assert measures["disparate_impact"]["value"] == gaps.pop("disparate_impact")["gap"]
    assert report["fairness"] == default["fairness"]
    second.edit("params.yaml", "backend: both", "backend: aif360")
    second.stage("stages.evaluate")
    assert evaluation(second)["fairness"].keys() == default["fairness"].keys()
    tests = second.run("uv", "run", "pytest", "-q", "tests/mlops/evaluation/test_aif360.py").stdout
    assert "passed" in tests and "skipped" not in tests
    assert "aif360" in second.read("uv.lock")


def test_a_library_that_is_missing_is_asked_for(project: Project) -> None:
    project.edit("params.yaml", "    demographic_parity: 0.4\n", "    demographic_parity: 0.4\n    backend: aif360\n")
    refused = project.stage("stages.evaluate", check=False)
    assert refused.returncode == 2
    sentence = "backend: aif360 needs AIF360, which is not installed: `uv add --group aif360 "
    assert sentence in " ".join(refused.stderr.split())
