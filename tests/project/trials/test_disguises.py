"""Tables with a column in disguise: the target, the event time or the group. It is named, no model learns from it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support import trial_tables
from support.rendered_project import Project

pytestmark = [pytest.mark.e2e, pytest.mark.capability("other people's tables")]

CASES: list[tuple[Callable[[Path], Path], tuple[str, ...], str, set[str]]] = [
    (trial_tables.a_sum, ("--target", "visits"), "which is members + walkins", {"walkins", "members"}),
    (
        trial_tables.a_copy_of_the_time,
        ("--target", "y", "--time", "event_at"),
        "is the event time event_at in another form",
        {"created_at"},
    ),
    (
        trial_tables.a_copy_of_the_group,
        ("--target", "y", "--group", "customer"),
        "is the group customer by another name",
        {"account_no"},
    ),
]


@pytest.mark.parametrize(("table", "roles", "sentence", "left_out"), CASES)
def test_a_disguise_is_named(
    project: Project, table: Callable[[Path], Path], roles: tuple[str, ...], sentence: str, left_out: set[str]
) -> None:
    said = project.stage("mlops.schema_inference", table(project.path).name, *roles).stdout
    assert sentence in said and "give --time" not in said
    schema = project.read("src/churn_model/schema.py")
    assert all(f'    "{name}": "' in schema for name in left_out)


def test_infer_and_train_never_contradict_each_other(project: Project) -> None:
    said = project.stage(
        "mlops.schema_inference", trial_tables.nearly_a_leak(project.path).name, "--target", "card"
    ).stdout
    assert "alone it predicts card with a score of 0.9" in said
    for stage in ("ingest", "split"):
        project.stage(f"stages.{stage}")
    said = project.stage("stages.train").stdout
    assert "note     column spend alone predicts card with a score of 0.9" in said
    (note,) = json.loads(project.read("models/model.json"))["notes"]
    assert note.endswith("make sure that it is known before card")
    project.edit("params.yaml", "promote: main", "promote: never")
    project.make("run")
    assert "feature spend has 1" in project.read("MODEL_CARD.md"), "100 % of the importance"
    project.commit("nearly a leak")
    assert "MODEL_CARD.md of HEAD are what this run made" in project.make("evidence").stdout
