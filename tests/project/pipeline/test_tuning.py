"""A search by Optuna: ranges, trials that end early, equal inputs give equal models, a kill loses nothing."""

import json
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from support.further_packages import WithPackages
from support.rendered_project import Project

pytestmark = [pytest.mark.e2e, pytest.mark.capability("search with Optuna"), pytest.mark.xdist_group("tuning")]
SEARCH = (
    "search: {iterations: 30, folds: 3, space: {C: {low: 0.0001, high: 10, log: true}, max_iter: {low: 5, high: 300}}}"
)


def asking(project: Project) -> None:
    """Asks for a search in ranges."""
    project.edit("params.yaml", "family: hist_gradient_boosting", "family: linear")
    project.edit("params.yaml", "search: null", SEARCH)


@pytest.fixture(scope="module")
def tuned(finished: Project, with_packages: WithPackages, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with Optuna that asks for a search."""
    folder = tmp_path_factory.mktemp("tuning") / "p"
    project = with_packages(finished, folder, "tuning", "--dev", "optuna>=4.5,<6", warmly=False)
    asking(project)
    return project


def test_without_optuna_the_way_to_it_is_said(project: Project) -> None:
    asking(project)
    refused = project.stage("stages.train", check=False)
    assert refused.returncode == 2
    sentence = 'train.search has ranges or seconds, which need Optuna: `uv add --dev "optuna>=4.5,<6"`, or give lists.'
    assert sentence in refused.stderr


def test_equal_inputs_find_equal_models_whose_trials_are_logged(tuned: Project) -> None:
    said = tuned.stage("stages.train").stdout
    found = re.search(r"best of 30 trials, (\d+) of them ended early: \{'C': ([\d.e-]+), 'max_iter': (\d+)\}", said)
    assert found and int(found[1]) > 0
    model, record = (tuned.path / "models/model.skops").read_bytes(), json.loads(tuned.read("models/model.json"))
    assert record["hyperparameters"]["C"] == pytest.approx(float(found[2]))
    tuned.stage("stages.train")
    assert (tuned.path / "models/model.skops").read_bytes() == model
    assert not list(tuned.path.glob(".search_cache/*"))
    runs = "import mlflow; from churn_model.mlops.tracking import mlflow_client as m; c = m.connect()"
    runs += "; print(sum('search_score' in run.data.metrics for run in c.search_runs(['1'])))"
    assert int(tuned.run("uv", "run", "python", "-c", runs).stdout) >= 30


def test_a_search_that_was_killed_goes_on(tuned: Project) -> None:
    tuned.edit("params.yaml", "iterations: 30", "iterations: 40")
    python = tuned.virtual_environment / "bin/python"
    command = [str(python), "-m", f"{tuned.package}.stages.train"]
    with subprocess.Popen(  # noqa: S603
        command, cwd=tuned.path, env=tuned.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as running:
        patience = time.monotonic() + 120
        while time.monotonic() < patience and running.poll() is None and _lines(tuned.path) < 60:
            time.sleep(0.02)
        running.send_signal(signal.SIGKILL)
    assert running.returncode == -signal.SIGKILL, "it ended before it was killed"
    said = tuned.stage("stages.train").stdout
    gone_on = re.search(r"the search was interrupted: it goes on after (\d+) trials", said)
    assert gone_on and 0 < int(gone_on[1]) < 40
    assert "best of 40 trials" in said
    assert not list(tuned.path.glob(".search_cache/*"))


def _lines(folder: Path) -> int:
    return sum(len(path.read_bytes().splitlines()) for path in folder.glob(".search_cache/*.jsonl"))
