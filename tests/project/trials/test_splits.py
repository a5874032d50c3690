"""Tables that a split gets wrong in silence: the share is that asked for, copies are on one side, or it is refused."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from support import trial_tables
from support.rendered_project import Project

pytestmark = [pytest.mark.e2e, pytest.mark.capability("other people's tables")]


def prepared(project: Project, table: Callable[[Path], Path], *roles: str) -> Project:
    """Infers the contract of a table and ingests it."""
    project.stage("mlops.schema_inference", table(project.path).name, *roles)
    project.stage("stages.ingest")
    return project


def shares(project: Project) -> float:
    """The share of the rows that was held out."""
    train, test = (pq.read_metadata(project.path / f"data/{side}.parquet").num_rows for side in ("train", "test"))
    return test / (train + test)


def test_a_panel_is_cut_by_time(project: Project) -> None:
    prepared(project, trial_tables.panel, "--target", "sales", "--time", "year", "--group", "shop")
    said = project.stage("stages.split").stdout
    assert "split by panel: 280 rows to train, 111 held out (28.4%)" in said
    years = [pq.read_table(project.path / f"data/{side}.parquet")["year"].to_numpy() for side in ("train", "test")]
    assert years[0].max() < years[1].min()

    project.edit("params.yaml", "search: null", "search: {iterations: 2, folds: 3, space: {max_leaf_nodes: [7, 15]}}")
    assert "best of 2: " in project.stage("stages.train").stdout
    project.edit("params.yaml", "strategy: auto", "strategy: time")
    refused = project.stage("stages.split", check=False)
    assert refused.returncode
    sentence = "a split by time holds out 370 of 391 rows (94.6%), where split.test_share asks for 20.0%"
    assert f"{sentence}: change split.test_share or split.strategy: panel" in refused.stderr


def test_groups_are_dealt_until_the_share_is_met(project: Project) -> None:
    prepared(project, trial_tables.one_large_group, "--target", "y", "--group", "site")
    for seed in range(4):
        project.edit("params.yaml", f"  seed: {seed - 1 if seed else 7}\n  window", f"  seed: {seed}\n  window")
        project.stage("stages.split")
        assert 0.1 <= shares(project) <= 0.4


def test_coins_are_not_learned_from_their_copies(project: Project) -> None:
    prepared(project, trial_tables.coins_in_copies, "--target", "y")
    said = project.stage("stages.split").stdout
    copied = "1,202 rows are copies of others: copies are on one side of the split"
    assert copied in said
    assert abs(shares(project) - 0.2) < 0.02
    project.stage("stages.train")
    assert project.stage("stages.evaluate", check=False).returncode
    report = json.loads(project.read("reports/evaluation.json"))
    assert copied in report["notes"]
    assert report["metrics"]["roc_auc"]["value"] < 0.6
    assert "baseline" in {gate["name"] for gate in report["gates"] if not gate["passed"]}


def test_days_of_a_number_are_refused(project: Project) -> None:
    prepared(project, trial_tables.dates_as_numbers, "--target", "y", "--time", "day")
    project.edit("params.yaml", "window: null", "window: {days: 30}")
    refused = project.stage("stages.split", check=False)
    assert refused.returncode
    assert "split.window is in days, but day is a number: use rows, or read it as a time." in refused.stderr
