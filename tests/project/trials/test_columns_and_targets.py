"""Columns and targets as people have them: empty where it is learned, a count, numbers beyond those that are exact."""

import json

import pytest
from support import trial_tables
from support.rendered_project import Project

pytestmark = [pytest.mark.e2e, pytest.mark.capability("other people's tables")]


def test_a_column_without_values_is_left_to_the_future(project: Project) -> None:
    table = trial_tables.empty_while_labeled(project.path)
    project.stage("mlops.schema_inference", table.name, "--target", "y")
    for stage in ("ingest", "split"):
        project.stage(f"stages.{stage}")
    project.edit("params.yaml", "search: null", "search: {iterations: 2, folds: 3, space: {max_leaf_nodes: [7, 15]}}")
    said = project.stage("stages.train")
    assert "nothing is learned from late: no value in the 240 training rows" in said.stdout + said.stderr
    notes = json.loads(project.read("models/model.json"))["notes"]
    assert [note for note in notes if note.startswith("nothing is learned from late")]
    project.stage("stages.evaluate")


def test_a_count_is_what_a_person_says(project: Project) -> None:
    words = ("mlops.schema_inference", trial_tables.claims(project.path).name, "--target", "claims")
    refused = project.stage(*words, check=False)
    assert refused.returncode
    sentence = "Give --problem regression to predict amounts, or --problem multiclass to predict classes."
    assert sentence in refused.stderr
    project.stage(*words, "--problem", "regression")
    assert "claims: Annotated[int, Field(ge=0, le=9), Target()]" in project.read("src/churn_model/schema.py")
