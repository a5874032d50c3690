"""LightGBM, XGBoost and CatBoost: one `uv add`, and the pipeline, the gates and the registry take them as any other."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.further_packages import WithPackages
from support.rendered_project import Project

pytestmark = pytest.mark.e2e
ROUNDS = {"lightgbm": "n_estimators", "xgboost": "n_estimators", "catboost": "iterations"}
FORMER = "hist_gradient_boosting"


@pytest.fixture(scope="module")
def boosted(
    finished: Project, with_packages: WithPackages, worker: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Project]:
    """The default project with the three libraries, in an environment of its own."""
    project = with_packages(finished, tmp_path_factory.mktemp("families") / "p", "families", *ROUNDS)
    project.commit("libraries")
    yield project
    shutil.rmtree(worker / "venv-families")


def test_a_library_that_is_missing_is_asked_for(project: Project) -> None:
    for family in ROUNDS:
        project.edit("params.yaml", f"family: {FORMER} ", f"family: {family} ")
        said = project.stage("stages.train", check=False)
        assert said.returncode != 0
        assert (
            f"refused: train.family: {family} needs {family}, which is not installed: `uv add {family}`." in said.stderr
        )
        project.edit("params.yaml", f"family: {family} ", f"family: {FORMER} ")
    project.edit("params.yaml", f"family: {FORMER} ", "family: lightbgm ")
    said = project.stage("stages.train", check=False).stderr
    assert (
        f"refused: params.yaml, train.family: 'lightbgm' is unknown, it is one of linear, random_forest, {FORMER}"
        in said
    )


@pytest.mark.parametrize(
    "family", ["lightgbm", *(pytest.param(name, marks=pytest.mark.variant) for name in ("xgboost", "catboost"))]
)
def test_a_family_from_training_to_the_champion(family: str, boosted: Project, tmp_path: Path) -> None:
    shutil.copytree(boosted.path, tmp_path / "p", symlinks=True)
    project = Project(tmp_path / "p", boosted.environment)
    project.edit("params.yaml", f"family: {FORMER} ", f"family: {family} ")
    if family == "xgboost":  # its defaults are weaker
        project.edit("params.yaml", "tolerance: 0.01", "tolerance: 0.05")
    project.edit("params.yaml", "promote: main", "promote: always")
    said = project.make("run").stdout
    assert "all 6 gates passed" in said  # the champion's among them: it was measured against the model before
    path = project.path / "models/model.skops"
    first = hashlib.sha256(path.read_bytes()).hexdigest()
    project.run("uv", "run", "dvc", "repro", "--force", "--single-item", "train")
    assert (
        hashlib.sha256(path.read_bytes()).hexdigest()
        == first
        == json.loads(project.read("models/model.json"))["sha256"]
    )

    assert f"{family} " in project.read("MODEL_CARD.md").partition("## Environment")[2]
    logged = [file.read_text(encoding="utf-8") for file in (project.path / "mlruns").rglob("requirements.txt")]
    ours = [{line.partition("==")[0] for line in text.split()} for text in logged if f"{family}==" in text]
    assert ours
    assert all(names >= {family, "mlflow", "numpy", "pandas", "scikit-learn", "skops"} for names in ours)

    project.edit("params.yaml", "minimum: {roc_auc: 0.80}", "minimum: {}")
    project.edit("params.yaml", "hyperparameters: {}", f"hyperparameters: {{{ROUNDS[family]}: 1, max_depth: 1}}")
    refused = project.make("run", check=False)
    assert "champion: roc_auc differs from champion 2's by -0." in " ".join((refused.stdout + refused.stderr).split())
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)
    assert "refused: models/model.skops is " in project.stage("stages.evaluate", check=False).stderr


def test_a_value_that_a_library_refuses_and_a_search(boosted: Project, tmp_path: Path) -> None:
    shutil.copytree(boosted.path, tmp_path / "p", symlinks=True)
    project = Project(tmp_path / "p", boosted.environment)
    project.edit("params.yaml", f"family: {FORMER} ", "family: lightgbm ")
    project.edit("params.yaml", "hyperparameters: {}", "hyperparameters: {num_leaves: 1}")
    said = project.stage("stages.train", check=False)
    assert "refused: lightgbm can't fit what train in params.yaml asks for: " in said.stderr
    project.edit("params.yaml", "{num_leaves: 1}", "{}")
    project.edit("params.yaml", "search: null", "search: {iterations: 2, folds: 2, space: {num_leaves: [7, 15]}}")
    assert "best of 2: {'model__numbered__num_leaves': " in project.stage("stages.train").stdout


@pytest.mark.parametrize("family", ["random_forest", pytest.param("lightgbm", marks=pytest.mark.variant)])
def test_a_model_that_another_store_did_not_see_is_logged_as_it_is(
    family: str, boosted: Project, tmp_path: Path
) -> None:
    shutil.copytree(boosted.path, tmp_path / "p", symlinks=True)
    project = Project(tmp_path / "p", boosted.environment)
    project.edit("params.yaml", f"family: {FORMER} ", f"family: {family} ")
    project.make("run")
    elsewhere = {"MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/other.db"}
    project.make("promote", "WHY=another family", **elsewhere)
    project.edit("params.yaml", "hyperparameters: {}", "hyperparameters: {max_depth: 5}")
    project.stage("stages.train", **elsewhere)
    assert "all 6 gates passed" in project.stage("stages.evaluate", **elsewhere).stdout
