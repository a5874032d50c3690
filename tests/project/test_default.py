"""The default project, from `make setup` to a registered model, and what stays in place afterwards."""

import json

import pytest

pytestmark = pytest.mark.e2e


def test_the_first_run_leaves_a_registered_documented_model(finished):
    registration = json.loads(finished.read("models/registration.json"))
    assert registration["version"] == "1"
    assert json.loads(finished.read("metrics.json"))["roc_auc"] >= 0.80
    assert registration["model_hash"] in finished.read("MODEL_CARD.md")
    assert registration["git_commit"] in finished.read("MODEL_CARD.md")


def test_a_second_run_runs_no_stage_and_leaves_git_clean(finished):
    again = finished.make("run")
    assert "Running stage" not in again.stdout
    assert finished.run("git", "status", "--porcelain").stdout == ""
