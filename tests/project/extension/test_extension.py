"""The extension kit on the smallest project: the edits of `docs/extend.md`, each alone and all together."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from support.extension_page import follow, of_the_project, sections
from support.further_packages import WithPackages
from support.next_release import updated
from support.rendered_project import Project

pytestmark = [pytest.mark.e2e, pytest.mark.capability("edits of docs/extend.md")]
DERIVED, SCALING, BOOSTED, OWN, METRIC, GATE, STAGE = TITLES = (
    "Add a derived column",
    "Change encoding or scaling",
    "Train LightGBM, XGBoost, or CatBoost",
    "Add an estimator",
    "Add a metric and make it primary",
    "Add a gate",
    "Add a stage",
)
FAMILY = "family: hist_gradient_boosting "
# The weakest model of each family.
WEAK = {FAMILY: "max_iter: 1, max_leaf_nodes: 2"}
WEAK |= dict.fromkeys(("lightgbm", "extra_trees"), "n_estimators: 1, max_depth: 1")


@pytest.fixture(scope="module")
def boosted(finished: Project, with_packages: WithPackages, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The default project with LightGBM, in an environment of its own. Read it, never change it."""
    project = with_packages(finished, tmp_path_factory.mktemp("boosted") / "p", "extended", "lightgbm")
    project.commit("libraries")
    return project


@pytest.fixture
def extended(boosted: Project, tmp_path: Path) -> Project:
    """A copy of it, to be changed."""
    shutil.copytree(boosted.path, tmp_path / "p", symlinks=True)
    return Project(tmp_path / "p", boosted.environment)


def report(project: Project) -> dict[str, Any]:
    """What was measured."""
    found: dict[str, Any] = json.loads(project.read("reports/evaluation.json"))
    return found


def trained(project: Project) -> str:
    """The hash of the model's bytes."""
    return hashlib.sha256((project.path / "models/model.skops").read_bytes()).hexdigest()


def passing(project: Project, *, checked: bool = False, every_test: bool = False) -> dict[str, str]:
    """Runs, tests, and checks the project, and trains once more; returns the sentence of each gate."""
    project.edit("params.yaml", "promote: main", "promote: always")
    project.make("run")
    gates = report(project)["gates"]
    assert all(gate["passed"] and gate["measured"] for gate in gates)
    project.run("git", "add", "--all")
    if checked:  # the lines of the other edits are checked with all of them
        project.make("check")
    chosen = [] if every_test else ["-m", "not slow", *of_the_project(project)]
    assert "passed" in project.run("uv", "run", "pytest", "--quiet", *chosen).stdout
    project.commit("edit")
    first = trained(project)
    project.run("uv", "run", "dvc", "repro", "--force", "--single-item", "train")
    assert trained(project) == first
    return {gate["name"]: gate["sentence"] for gate in gates}


def champion_of(project: Project) -> dict[str, str]:
    """The entry of the champion."""
    return dict(json.loads(project.read("audit.jsonl").splitlines()[-1]))


def refused(project: Project, family: str, champion: str) -> None:
    """Trains a model that knows next to nothing: the champion stays."""
    project.edit("params.yaml", "hyperparameters: {}", f"hyperparameters: {{{WEAK[family]}}}")
    project.edit("params.yaml", "minimum: {roc_auc: 0.80}", "minimum: {}")
    done = project.make("run", check=False)
    assert done.returncode == 2, done.stderr  # of make
    verdict = json.loads(project.read("reports/verdict.json"))
    assert (verdict["stage"], verdict["code"], verdict["gates"]["champion"]) == ("evaluate", 3, "limit")
    assert f"differs from champion {champion}'s by " in done.stderr
    assert champion_of(project)["version"] == champion
    assert json.loads(project.read("models/registration.json"))["model_hash"] == champion_of(project)["model_hash"]


def test_the_page_has_these_edits(finished: Project) -> None:
    assert tuple(sections(finished)) == TITLES
    assert all(blocks for blocks in sections(finished).values())


@pytest.mark.variant
def test_a_derived_column_alone(project: Project) -> None:
    follow(project, DERIVED)
    assert passing(project)["champion"].startswith("roc_auc differs from champion 1's by ")
    refused(project, FAMILY, "2")


def test_a_derived_column_that_is_renamed_closes_the_champion_gate_with_a_sentence(project: Project) -> None:
    follow(project, DERIVED)
    project.edit("params.yaml", "promote: main", "promote: always")
    project.make("run")
    project.edit(f"src/{project.package}/features.py", "charge_per_call", "charge_a_call")
    done = project.make("run", check=False)
    assert done.returncode == 2
    assert json.loads(project.read("reports/verdict.json"))["gates"] == {"champion": "not_measured"}
    assert "champion: not compared: champion 2 can't predict these rows: " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.variant
def test_a_boosted_family_alone(extended: Project) -> None:
    """One of three: `test_families.py` trains them all."""
    follow(extended, BOOSTED)
    assert passing(extended)["champion"].startswith("roc_auc differs from champion 1's by ")
    refused(extended, "lightgbm", "2")


def test_an_estimator_alone(project: Project) -> None:
    follow(project, OWN)
    project.edit("params.yaml", "tolerance: 0.01", "tolerance: 0.1")  # trees at random are weaker
    assert passing(project, checked=True)["champion"].startswith("roc_auc differs from champion 1's by ")
    refused(project, "extra_trees", "2")


@pytest.mark.variant
@pytest.mark.parametrize("title", [SCALING, METRIC, GATE, STAGE])
def test_an_edit_alone(title: str, project: Project) -> None:
    follow(project, title)
    passing(project)
    refused(project, FAMILY, champion_of(project)["version"])


def test_all_edits_together(extended: Project) -> None:
    follow(extended, *(title for title in TITLES if title != OWN))
    search = "{iterations: 2, folds: 2, space: {num_leaves: [7, 15]}}"
    extended.edit("params.yaml", "search: null", f"search: {search}")
    sentences = passing(extended, checked=True, every_test=True)
    found = report(extended)
    measured = found["metrics"]["missed_charges"]
    assert measured["low"] <= measured["value"] <= measured["high"] < found["baseline"]["missed_charges"]
    assert found["slices"][0]["missed_charges"] == max(row["missed_charges"] for row in found["slices"])
    assert sentences["baseline"].startswith("missed_charges is ")
    assert sentences["champion"].startswith("missed_charges differs from champion 1's by ")
    assert "allowed 0.2" in sentences["calibration"]
    assert "| calibration" in extended.read("MODEL_CARD.md")
    assert set(json.loads(extended.read("reports/plans.json"))) == {"basic", "plus", "pro"}

    extended.edit("params.yaml", f"search: {search}", "search: null")
    refused(extended, "lightgbm", "2")
    extended.edit(f"src/{extended.package}/gates.py", "brier <= 0.2", "brier <= 0")
    done = extended.make("run", check=False)
    assert done.returncode == 2
    assert "calibration: brier is " in done.stderr


def test_an_update_keeps_all_edits(project: Project, tmp_path: Path) -> None:
    follow(project, *(title for title in TITLES if title != BOOSTED))
    project.commit("edits")
    verdicts = updated(project, tmp_path / "template")
    names = [f"src/{project.package}/{name}.py" for name in ("features", "gates", "metrics", "model")]
    names += ["dvc.yaml", "params.yaml"]
    assert {name: verdicts[name] for name in names} == dict.fromkeys(names, "merged")
    assert f"src/{project.package}/stages/plans.py" not in verdicts
