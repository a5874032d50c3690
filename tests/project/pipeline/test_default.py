"""The default project, from `make setup` to a registered model, and what people do with it afterwards."""

import json
import re
import shutil
from pathlib import Path

import pytest
from huggingface_hub import ModelCard
from support.rendered_project import Project

pytestmark = pytest.mark.e2e
SMALL = {"dvc.lock", "metrics.json", "MODEL_CARD.md", "audit.jsonl"}


@pytest.mark.capability("pipeline")
def test_the_first_run_leaves_a_registered_documented_model(finished: Project) -> None:
    registration = json.loads(finished.read("models/registration.json"))
    (champion,) = _audit(finished)
    assert (champion["action"], champion["version"], champion["why"]) == ("promote", "1", "the first model")
    roc_auc = json.loads(finished.read("metrics.json"))["roc_auc"]
    assert roc_auc >= 0.80
    assert (champion["metric"], float(champion["value"])) == ("roc_auc", roc_auc)
    assert (champion["judged"], champion["training_rows"], champion["git_dirty"]) == ("1", "8000", "false")
    assert champion["git_commit"] == finished.run("git", "rev-parse", "HEAD~1").stdout.strip()
    # Whoever runs the pipeline writes the same: neither version nor run nor commit is in what it leaves.
    assert set(registration) == {"model", "model_hash", "data_hash", "target", "threshold", "gates"}
    assert registration.items() - {("gates", "passed")} <= champion.items()
    assert registration["model_hash"] in finished.read("MODEL_CARD.md")
    assert champion["git_commit"] not in finished.read("MODEL_CARD.md")


def test_a_second_run_runs_no_stage_and_leaves_git_clean(finished: Project) -> None:
    again = finished.make("run")
    assert "Running stage" not in again.stdout
    assert finished.run("git", "status", "--porcelain").stdout == ""


def test_what_is_left_for_git_is_small_and_text(finished: Project) -> None:
    added = set(finished.run("git", "diff", "--name-only", "HEAD~1").stdout.split())
    assert added == SMALL
    for name in added:
        assert len(finished.read(name)) < 100_000


def test_help_lists_every_verb(finished: Project) -> None:
    phony = re.findall(r"^\.PHONY: (.*)$", finished.read("Makefile"), re.M)[0].split()
    lines = finished.make("help").stdout.splitlines()
    assert [line.split()[0] for line in lines] == phony
    assert all(len(line.split()) > 2 for line in lines)


def test_tests_and_checks_pass(finished: Project) -> None:
    assert "skipped" not in finished.make("quick").stdout.splitlines()[-1]  # all of them: `test_ci.py`
    finished.make("check")
    assert finished.run("git", "status", "--porcelain").stdout == ""


@pytest.mark.capability("model card")
def test_the_card_is_read_by_the_hub(finished: Project) -> None:
    card = ModelCard(finished.read("MODEL_CARD.md"))
    measured = {result.metric_type: result.metric_value for result in card.data.eval_results}
    metrics = json.loads(finished.read("metrics.json"))
    assert measured["roc_auc"] == metrics["roc_auc"]
    assert card.data.library_name == "sklearn"
    assert card.data.pipeline_tag == "tabular-classification"
    for heading in ("Use", "Metrics", "Gates", "Weakest slices", "Fairness", "Data", "Environment"):
        assert f"\n## {heading}\n" in card.text


@pytest.mark.capability("report of a run")
def test_the_run_is_on_one_page_that_loads_nothing(finished: Project, tmp_path: Path) -> None:
    browser = shutil.which("chromium")
    if not browser:
        pytest.skip("not installed: chromium")
    page = finished.path / "reports/index.html"
    page.unlink()
    assert page.as_uri() in finished.make("report", DISPLAY="", WAYLAND_DISPLAY="").stdout
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'browser'}"]
    command += ["--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr", "--dump-dom", page.as_uri()]
    shown = finished.run(*command)
    assert "Refused to" not in shown.stderr
    metrics = json.loads(finished.read("metrics.json"))
    for text in ("This model is the champion", f"{metrics['roc_auc']:.4f}", "demographic parity", "most wrong about"):
        assert text in shown.stdout, text
    links = re.findall('href="([^"]+)"', shown.stdout)
    assert {"data_docs/index.html", "../MODEL_CARD.md", "evaluation.json"} == set(links)
    assert all((page.parent / link).is_file() for link in links)


def test_plots_and_differences_are_there(project: Project) -> None:
    plots = json.loads(project.run("uv", "run", "dvc", "plots", "show", "--json").stdout)
    drawn = {name for name, found in plots.get("data", plots).items() if found}
    assert {"ROC", "precision and recall", "calibration", "confusion", "importance"} <= drawn
    project.edit("params.yaml", "hyperparameters: {}", "hyperparameters: {learning_rate: 0.05}")
    project.make("run")
    assert "roc_auc" in project.run("uv", "run", "dvc", "metrics", "diff", "--md").stdout
    assert "learning_rate" in project.run("uv", "run", "dvc", "params", "diff", "--md").stdout


@pytest.mark.capability("lineage of a model")
def test_the_run_is_logged_with_where_it_came_from(finished: Project) -> None:
    script = f"""
import json, mlflow
from {finished.package}.mlops.tracking import mlflow_client
client = mlflow_client.connect()
run = client.search_runs(["1"])[0]
files = [file.path for file in client.list_artifacts(run.info.run_id, "plots")]
model = mlflow.models.get_model_info(f"runs:/{{run.info.run_id}}/model")
found = [run.data.params, run.data.metrics, run.data.tags, files, model.signature.to_dict()]
print(json.dumps([*found, bool(model.saved_input_example_info), len(run.inputs.dataset_inputs)]))
"""
    parameters, metrics, tags, files, signature, example, datasets = json.loads(
        finished.run("uv", "run", "python", "-c", script).stdout.splitlines()[-1]
    )
    assert parameters["train.family"] == "hist_gradient_boosting"
    assert {"roc_auc", "train_roc_auc", "fairness.demographic_parity_gender"} <= set(metrics)
    (champion,) = _audit(finished)
    assert {name: tags[name] for name in ("model_hash", "data_hash", "git_commit")}.items() <= champion.items()
    assert tags["held_out"] == champion["held_out"]
    assert tags["gates"] == "passed"
    assert "plots/roc.csv" in files
    assert "tenure_months" in signature["inputs"]
    assert example
    assert datasets == 1


# What somebody types who knows MLflow and nothing of the project: each loader reads the champion.
LOADED = """
import mlflow
mlflow.set_tracking_uri("sqlite:///mlflow.db")
champion = "models:/churn-model@champion"
folder = mlflow.artifacts.download_artifacts(champion)
frame = mlflow.models.Model.load(folder).load_input_example(folder)
loaded = [flavor.load_model(champion).predict(frame).tolist() for flavor in (mlflow.sklearn, mlflow.pyfunc)]
print(loaded[0] == loaded[1] and len(loaded[0]))
"""


@pytest.mark.capability("promotion and rollback")
def test_promotion_by_hand_and_rollback(project: Project) -> None:
    project.edit("params.yaml", "hyperparameters: {}", "hyperparameters: {learning_rate: 0.05}")
    waits = 'passed all gates, champion is version 1: `make promote WHY="..."` makes it champion'
    assert waits in project.make("run").stdout
    assert [entry["action"] for entry in _audit(project)] == ["promote"]
    assert "say why" in project.make("promote", check=False).stderr
    assert "say why" in project.make("rollback", check=False).stderr
    assert "has no former champion" in project.make("rollback", "WHY=x", check=False).stderr
    project.make("promote", "WHY=calibrated better")
    assert (
        _audit(project)[-1] | {"action": "promote", "version": "2", "why": "calibrated better"} == _audit(project)[-1]
    )
    assert _audit(project)[-1]["actor"] == "ada@example.com"
    assert _audit(project)[-1]["judged"] == "2"
    assert "Running stage" not in project.make("run").stdout
    project.make("rollback", "WHY=complaints")
    assert (_audit(project)[-1]["action"], _audit(project)[-1]["version"]) == ("rollback", "1")
    assert waits in project.make("run").stdout
    assert (
        "neither audit.jsonl nor the registry has a model f00"
        in project.make("promote", "MODEL=f00", "WHY=x", check=False).stderr
    )
    project.make("promote", f"MODEL={_audit(project)[1]['model_hash'][:12]}", "WHY=they were right")
    assert (_audit(project)[-1]["action"], _audit(project)[-1]["version"]) == ("promote", "2")
    assert project.entries() == 4


@pytest.mark.capability("promotion and rollback")
def test_a_branch_promotes_nothing(finished: Project, tmp_path: Path) -> None:
    """Not even a first model: the branch may never be merged."""
    project = Project(tmp_path / "p", finished.environment)
    shutil.copytree(finished.path, project.path, symlinks=True)
    project.run("git", "switch", "--quiet", "--create", "try")
    shutil.rmtree(project.path / "mlruns")
    for name in ("audit.jsonl", "mlflow.db"):
        (project.path / name).unlink()
    project.commit("no champion")
    said = project.make("run").stdout
    assert 'passed all gates, there is no champion yet: `make promote WHY="..."` makes it champion' in said
    assert not (project.path / "audit.jsonl").exists()
    project.make("promote", "WHY=a new project")
    assert [entry["why"] for entry in _audit(project)] == ["a new project"]
    assert project.entries() == 1


def _audit(project: Project) -> list[dict[str, str]]:
    return [json.loads(line) for line in project.read("audit.jsonl").splitlines()]


@pytest.mark.capability("threshold by costs")
def test_a_threshold_by_costs_is_judged_like_any_other(project: Project) -> None:
    def paid() -> float:
        (no, yes) = json.loads(project.read("reports/evaluation.json"))["classes"]
        return (no["rows"] * (1 - no["recall"]) + 5 * yes["rows"] * (1 - yes["recall"])) / (no["rows"] + yes["rows"])

    before, layout = paid(), project.read("params.yaml")
    said = project.make("threshold", BY="false_positive=1 false_negative=5").stdout
    (chosen,) = re.findall(r"evaluate\.threshold is (0\.\d+) in params\.yaml, it was 0\.5: `make run` judges it", said)
    assert project.read("params.yaml") == layout.replace("threshold: 0.5 ", f"threshold: {chosen} ")
    assert 0.05 < float(chosen) < 0.35
    assert re.findall(r"Running stage '(\w+)'", project.make("run").stdout)[0] == "evaluate"
    assert paid() < 0.8 * before
    refused = project.make("threshold", BY="roc_auc", check=False)
    assert refused.returncode
    assert "roc_auc is the same at each threshold" in refused.stderr


@pytest.mark.capability("cost")
def test_what_costs_too_much_is_refused_before_it_is_registered(governed: Project) -> None:
    made = ["ingest", "validate", "split", "train", "evaluate"]
    found = json.loads(governed.read("reports/cost.json"))
    assert sorted(found["stages"]) == sorted(made)
    assert all(0.1 < used["wall_seconds"] < 900 and used["peak_bytes"] > 1e7 for used in found["stages"].values())
    assert found["making"] > 0
    assert json.loads(governed.read("reports/budget.json")) == {"currency": "USD", "budget": None}
    said = governed.make("cost").stdout
    assert re.search(r"a run of all stages costs 0\.\d+ USD, a month is expected to cost", said)
    forecast = json.loads(governed.read("reports/forecast.json"))
    assert list(forecast["stages"]) == [*made, "budget", "register", "card"]
    assert forecast["run"] > forecast["making"] == found["making"]
    assert forecast["former"] is None
    assert "<h1>Cost</h1>" in governed.read("reports/cost.html")

    governed.edit("params.yaml", "budget: null", "budget: 0.0000001")
    entries = len(_audit(governed))
    done = governed.make("run", check=False)
    assert done.returncode != 0
    assert re.search(r"refused: making the model cost .* USD, cost\.budget in params\.yaml allows 1e-07: ", done.stderr)
    assert "exited with 3" in done.stderr
    assert json.loads(governed.read("reports/verdict.json"))["gates"] == {"budget": "limit"}
    assert "The last run stopped at budget" in governed.read("reports/index.html")
    assert len(_audit(governed)) == entries
    assert governed.stage("commands.cost", check=False).returncode == 3
    governed.edit("params.yaml", "budget: 0.0000001", "budget: 1")
    assert re.findall(r"Running stage '(\w+)'", governed.make("run").stdout) == ["budget", "register"]
    assert re.search(r"USD, [+-]\d+% against the run before", governed.make("cost").stdout)


@pytest.mark.parametrize("family", ["linear", "random_forest"])
def test_other_families_and_a_search(family: str, project: Project) -> None:
    space = {"linear": "{C: [0.1, 1.0]}", "random_forest": "{n_estimators: [20, 40], max_depth: [6]}"}[family]
    project.edit("params.yaml", "family: hist_gradient_boosting", f"family: {family}")
    project.edit("params.yaml", "search: null", f"search: {{iterations: 2, folds: 2, space: {space}}}")
    said = project.make("run").stdout
    assert "best of 2: {'model__" in said
    assert f"| model | {family} |" in " ".join(project.read("MODEL_CARD.md").split())


def test_a_moved_project_keeps_its_champion(project: Project, tmp_path: Path) -> None:
    shutil.move(project.path, tmp_path / "elsewhere")
    moved = Project(tmp_path / "elsewhere", project.environment)
    moved.edit("params.yaml", "hyperparameters: {}", "hyperparameters: {learning_rate: 0.05}")
    said = moved.make("run").stdout
    assert "all 6 gates passed" in said
    assert not project.path.exists()
    assert moved.run("uv", "run", "python", "-c", LOADED).stdout.splitlines()[-1] == "5"
    assert len(list((moved.path / "mlruns").rglob("model.skops"))) == 2
