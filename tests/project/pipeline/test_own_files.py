"""What a data scientist edits, in the files that are his: a derived column, a metric of the rows, a gate."""

import json

import pytest
from support.rendered_project import Project

pytestmark = pytest.mark.e2e
FEATURES, METRICS, GATES = (f"src/churn_model/{name}.py" for name in ("features", "metrics", "own_gates"))
DERIVE = """    return frame.assign(charge_per_call=frame["monthly_charge"] / (1 + frame["support_calls"]))


def preprocessor"""
METRIC = '''def missed_charges(scored: Scored) -> float:
    """Returns what customers pay who leave without being named, in units of money a row."""
    missed = (scored.truth == 1) & (scored.decided == 0)
    return float(scored.column("monthly_charge")[missed].sum() / len(missed))


METRICS: dict'''
GATE = """    worst = evaluation["slices"][0]
    missed = worst["missed_charges"]
    sentence = f"missed_charges is {missed} by {worst['column']}, allowed 1000"
    return [Gate("weakest slice", missed <= 1000, sentence)]
"""


def report(project: Project) -> dict:
    return json.loads(project.read("reports/evaluation.json"))


def test_a_derived_column_is_measured_against_the_champion(project: Project) -> None:
    project.edit(FEATURES, "    return frame\n\n\ndef preprocessor", DERIVE)
    project.edit(FEATURES, "DERIVED: list[str] = []", 'DERIVED: list[str] = ["charge_per_call"]')
    project.make("run")
    assert report(project)["champion"]["mean"] != 0
    assert [gate["passed"] for gate in report(project)["gates"] if gate["name"] == "champion"] == [True]
    first = (project.path / "models/model.skops").read_bytes()
    project.run("uv", "run", "dvc", "repro", "--force", "--single-item", "train")
    assert (project.path / "models/model.skops").read_bytes() == first
    assert "passed" in project.make("test").stdout
    project.make("check")

    project.edit("params.yaml", "hyperparameters: {}", "hyperparameters: {max_iter: 1, max_leaf_nodes: 2}")
    project.edit("params.yaml", "minimum: {roc_auc: 0.80}", "minimum: {}")
    refused = project.make("run", check=False)
    assert refused.returncode and "roc_auc differs from champion 2's by -0.1" in refused.stderr
    assert json.loads(project.read("models/registration.json"))["version"] == "2"


def test_a_metric_of_the_rows_is_primary_and_a_gate_judges_it(project: Project) -> None:
    start = '    "binary": MetricSet(\n        primary="'
    project.edit(METRICS, "METRICS: dict", METRIC)
    project.edit(
        METRICS,
        f'{start}roc_auc",\n        functions={{',
        f'{start}missed_charges",\n        functions={{\n            "missed_charges": missed_charges,',
    )
    project.edit(METRICS, '{"log_loss", "brier"}', '{"log_loss", "brier", "missed_charges"}')
    project.edit(GATES, "    return []\n", GATE)
    search = "{iterations: 2, folds: 2, space: {max_leaf_nodes: [3, 15]}}"
    project.edit("params.yaml", "search: null", f"search: {search}")
    project.make("run")
    found = report(project)
    measured = found["metrics"]["missed_charges"]
    assert measured["low"] <= measured["value"] <= measured["high"] < found["baseline"]["missed_charges"]
    assert found["slices"][0]["missed_charges"] == max(row["missed_charges"] for row in found["slices"])
    sentences = {gate["name"]: gate["sentence"] for gate in found["gates"]}
    assert sentences["baseline"].startswith("missed_charges is ")
    assert sentences["champion"].startswith("missed_charges differs from champion 1's by ")
    assert "allowed 1000" in sentences["weakest slice"] and "| weakest slice" in project.read("MODEL_CARD.md")
    assert "passed" in project.make("test").stdout
    project.make("check")

    project.edit(GATES, "missed <= 1000", "missed <= 0")
    refused = project.make("run", check=False)
    assert refused.returncode and "weakest slice: missed_charges is " in refused.stderr
