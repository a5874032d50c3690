"""A data set of one's own: `infer`, `make run`, nothing edited."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import sklearn.datasets
from support.rendered_project import ROOT, Project, render

pytestmark = pytest.mark.e2e
# A public data set that is not the template's to pass on: TELCO_CSV names it, or it lies beside the checkout.
TELCO = os.environ.get("TELCO_CSV") or next(map(str, sorted(ROOT.parent.glob("*/data/telco.csv"))), None)
BUNDLED: dict[str, tuple[Callable[..., object], str, str, float]] = {
    "diabetes": (sklearn.datasets.load_diabetes, "regression", "r2", 0.2),
    "wine": (sklearn.datasets.load_wine, "multiclass", "roc_auc", 0.95),
    "breast_cancer": (sklearn.datasets.load_breast_cancer, "binary", "roc_auc", 0.95),
}


@pytest.mark.capability("one's own data")
@pytest.mark.parametrize(
    "name", ["wine", *(pytest.param(name, marks=pytest.mark.variant) for name in ("diabetes", "breast_cancer"))]
)
def test_bundled_sets(name: str, project: Project) -> None:
    load, problem, metric, least = BUNDLED[name]
    frame = load(as_frame=True).frame
    frame.to_csv(project.path / f"{name}.csv", index=False)
    project.stage("mlops.schema_inference", f"{name}.csv", "--target", "target")
    project.make("run")
    report = json.loads(project.read("reports/evaluation.json"))
    assert report["problem"] == problem
    assert report["metrics"][metric]["value"] >= least
    card = project.read("MODEL_CARD.md")
    assert f"target ({problem})" in card
    assert all(f"| {column} " in card for column in frame.columns)
    assert "docs/intended-use.md is not filled in" in project.make("card-check", check=False).stderr
    if problem != "binary":  # the project of all other tests is binary
        assert "passed" in project.make("quick").stdout
        project.make("check")


@pytest.mark.capability("edits are not overwritten")
def test_edits_are_not_overwritten_and_the_first_minutes_need_no_commit(project: Project, tmp_path: Path) -> None:
    fresh = Project(render(tmp_path / "fresh"), project.environment)
    frame = sklearn.datasets.load_wine(as_frame=True).frame
    frame.to_csv(fresh.path / "wine.csv", index=False)
    schema = f"src/{fresh.package}/schema.py"

    def infer(*options: str, check: bool = True) -> str:
        done = fresh.stage("mlops.schema_inference", "wine.csv", "--target", "target", *options, check=check)
        return done.stdout + done.stderr

    assert ".before" not in infer()  # no repository, and nobody edited anything
    fresh.run("git", "init", "--quiet", "-b", "main")
    assert ".before" not in infer("--keep", "hue")  # no commit, nor an edit
    fresh.commit()
    fresh.edit(schema, "One row of", "One wine of")
    assert "refused: schema.py would be overwritten, and no commit has what is there now" in infer(check=False)
    assert "One wine of" in fresh.read(schema)
    assert "schema.py as it was is in schema.py.before next to it" in infer("--force")
    assert "One wine of" in fresh.read(f"{schema}.before")
    fresh.edit(schema, "One row of", "One wine of")
    fresh.commit()
    assert ".before" not in infer()


@pytest.mark.optional
@pytest.mark.skipif(TELCO is None, reason="the Telco Customer Churn data set is not here: set TELCO_CSV to its file")
def test_telco(project: Project) -> None:
    assert TELCO
    said = project.stage(
        "mlops.schema_inference",
        TELCO,
        "--target",
        "Churn",
        "--id",
        "customerID",
        "--sensitive",
        "gender",
        "SeniorCitizen",
    ).stdout
    assert all(column in said for column in pd.read_csv(TELCO, nrows=0).columns)
    project.make("run")
    report = json.loads(project.read("reports/evaluation.json"))
    assert report["metrics"]["roc_auc"]["value"] >= 0.82
    card = project.read("MODEL_CARD.md")
    for line in ("| TotalCharges | float", "| customerID | text", "| SeniorCitizen | bool", "| Contract | category"):
        assert " ".join(line.split()) in " ".join(card.split())
    assert set(report["fairness"]) == {"gender", "SeniorCitizen", "gender x SeniorCitizen"}
    project.commit("telco")
    assert "Running stage" not in project.make("run").stdout
    assert project.run("git", "status", "--porcelain").stdout == ""
    assert "passed" in project.make("quick").stdout
    project.make("check")
