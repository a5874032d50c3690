"""The extension kit: the edits of `docs/extend.md`, in the user's own files only, each alone and all together."""

import json
from typing import Any

import pytest
from support.extension_page import follow, sections
from support.rendered_project import Project

pytestmark = pytest.mark.e2e
DERIVED, SCALING, METRIC, GATE = (
    "Add a derived column",
    "Change encoding or scaling",
    "Add a metric and make it primary",
    "Add a gate",
)
TOGETHER = (DERIVED, SCALING, METRIC, GATE)


def report(project: Project) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(project.read("reports/evaluation.json"))
    return found


def green(project: Project) -> dict[str, str]:
    """Runs, tests and checks the project; returns the sentence of each gate."""
    project.make("run")
    gates = report(project)["gates"]
    assert all(gate["passed"] for gate in gates)
    assert "passed" in project.make("test").stdout
    project.make("check")
    return {gate["name"]: gate["sentence"] for gate in gates}


def test_the_page_has_these_edits(finished: Project) -> None:
    assert tuple(sections(finished)) == TOGETHER


def test_a_derived_column_is_measured_against_the_champion(project: Project) -> None:
    follow(project, DERIVED)
    sentences = green(project)
    assert sentences["champion"].startswith("roc_auc differs from champion 1's by ")
    first = (project.path / "models/model.skops").read_bytes()
    project.run("uv", "run", "dvc", "repro", "--force", "--single-item", "train")
    assert (project.path / "models/model.skops").read_bytes() == first

    project.edit("params.yaml", "hyperparameters: {}", "hyperparameters: {max_iter: 1, max_leaf_nodes: 2}")
    project.edit("params.yaml", "minimum: {roc_auc: 0.80}", "minimum: {}")
    refused = project.make("run", check=False)
    assert refused.returncode and "roc_auc differs from champion 2's by -0.1" in refused.stderr
    assert json.loads(project.read("models/registration.json"))["version"] == "2"


def test_all_edits_together(project: Project) -> None:
    for title in TOGETHER:
        follow(project, title)
    search = "{iterations: 2, folds: 2, space: {max_leaf_nodes: [3, 15]}}"
    project.edit("params.yaml", "search: null", f"search: {search}")
    project.edit("params.yaml", "tolerance: 0.01", "tolerance: 2")  # in the unit of the metric, money
    sentences = green(project)
    found = report(project)
    measured = found["metrics"]["missed_charges"]
    assert measured["low"] <= measured["value"] <= measured["high"] < found["baseline"]["missed_charges"]
    assert found["slices"][0]["missed_charges"] == max(row["missed_charges"] for row in found["slices"])
    assert sentences["baseline"].startswith("missed_charges is ")
    assert sentences["champion"].startswith("missed_charges differs from champion 1's by ")
    assert "allowed 0.2" in sentences["calibration"] and "| calibration" in project.read("MODEL_CARD.md")

    project.edit("src/churn_model/gates.py", "brier <= 0.2", "brier <= 0")
    refused = project.make("run", check=False)
    assert refused.returncode and "calibration: brier is " in refused.stderr


@pytest.mark.parametrize("title", [SCALING, METRIC, GATE])
def test_an_edit_alone(title: str, project: Project) -> None:
    follow(project, title)
    green(project)
