"""DAGs on a real Airflow: they load, are started by an event, promote; what a gate refuses is not tried again."""

import json
import re
import shutil
from pathlib import Path

import pytest
from support.platforms.airflow_runner import airflow, last, point, retrain_on
from support.rendered_project import ROOT, Project, render
from support.services.alertmanager import webhook

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("airflow"), pytest.mark.capability("orchestration")]
CODES = ROOT / "tests/support/platforms/dag_exit_codes.py"
# Stands for uv: what is run ends with the code that is its argument.
UV = """#!/bin/sh
echo "said by $4"
if [ "$5" = hang ]; then sleep 600 & echo $! > child; wait; fi
exit "$5"
"""
# What each DAG promises, by the Python of Airflow.
PROMISES = """
import json, sys
from airflow.dag_processing.dagbag import BundleDagBag
bag = BundleDagBag(sys.argv[1], bundle_path=sys.argv[1], bundle_name="dags-folder")
print("\\n" + json.dumps({name: [
    dag.max_active_runs, dag.catchup, sorted(task.task_id for task in dag.tasks),
    [bool(task.retries and task.execution_timeout and task.on_failure_callback) for task in dag.tasks],
] for name, dag in bag.dags.items()}))
"""


@pytest.fixture(scope="module")
def project(aged: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with new data, with DAGs; its Airflow has an environment and a database of its own."""
    advanced = render(tmp_path_factory.mktemp("advanced") / "p", maturity="advanced")
    project = Project(tmp_path_factory.mktemp("orchestrated") / "p", aged.environment)
    shutil.copytree(aged.path, project.path, symlinks=True)
    shutil.copytree(advanced / "dags", project.path / "dags")
    (project.path / "dags/materialization.py").unlink(missing_ok=True)  # there is no feature store here
    shutil.copy(advanced / "mk/airflow.mk", project.path / "mk")
    project.make("dags")
    project.commit("DAGs")
    return project


def typed(project: Project, command: str, *arguments: str | Path, **environment: str) -> str:
    """Runs a command of Airflow's environment without make; returns what it printed."""
    own = {
        "AIRFLOW_HOME": f"{project.path}/dags/.airflow",
        "AIRFLOW__CORE__DAGS_FOLDER": f"{project.path}/dags",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    }
    words = (f"{project.path}/dags/.venv/bin/{command}", *map(str, arguments))
    return project.run(*words, **own, **environment).stdout


def test_all_dags_load_and_keep_their_promises(project: Project, tmp_path: Path) -> None:
    """That of materialization too, which projects with a feature store have."""
    dags = tmp_path / "dags"
    shutil.copytree(project.path / "dags", dags, ignore=shutil.ignore_patterns(".venv", ".airflow"))
    shutil.copy(next((ROOT / "template").glob("*dags*/*materialization.py*")), dags / "materialization.py")
    assert json.loads(typed(project, "python", "-c", PROMISES, dags).splitlines()[-1]) == {
        "materialization": [1, False, ["materialize"], [True]],
        "monitoring": [1, False, ["monitor", "worn"], [True, True]],
        "retraining": [1, False, ["retrain"], [True]],
        "scoring": [1, False, ["export", "score"], [True, True]],
    }


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("from airflow.sdk import dag\nimport pandass\n", "No module named 'pandass'"),
        (
            "from airflow.sdk import dag, task\n@dag\ndef round():\n    @task\n    def a(): ...\n    @task\n"
            "    def b(): ...\n    x, y = a(), b()\n    x >> y >> x\nround()\n",
            "Cycle detected in Dag",
        ),
    ],
    ids=["import", "cycle"],
)
def test_a_dag_that_does_not_load_is_refused(project: Project, text: str, why: str) -> None:
    broken = project.path / "dags/broken.py"
    broken.write_text(text)
    try:
        done = project.make("dags", check=False)
    finally:
        broken.unlink()
    assert done.returncode
    assert "broken.py" in done.stdout
    assert why in " ".join(done.stdout.replace("|", " ").split())


def test_what_an_exit_code_means(project: Project, tmp_path: Path) -> None:
    """A refusal is final, drift is a result, anything else is tried again; what takes too long is ended whole."""
    uv = tmp_path / "uv"
    uv.write_text(UV)
    uv.chmod(0o755)
    path = f"{tmp_path}:{project.environment['PATH']}"
    codes = ("0", "1", "2", "3", "10", "11", "12", "137", "hang")
    found = json.loads(typed(project, "python", CODES, project.path / "dags", *codes, PATH=path).splitlines()[-1])
    said = f"said by {project.package}.verb"
    assert {code: meaning for code, meaning in found.items() if code in ("0", "10", "11")} == {
        code: f'[{code}, "{said}"]' for code in ("0", "10", "11")
    }
    for code in ("3", "12"):
        assert found[code] == f"AirflowFailException: verb ended with {code}: {said}"
    for code in ("1", "2", "137"):
        assert found[code] == f"AirflowException: verb ended with {code}: {said}"
    assert found["hang"] == "TimeoutError: "
    child = int((project.path / "child").read_text())
    stat = Path(f"/proc/{child}/stat")
    assert not stat.exists() or stat.read_text().split()[2] == "Z"
    (project.path / "child").unlink()


def test_drift_starts_a_retraining_whose_refusal_is_final_and_told_once(project: Project, tmp_path: Path) -> None:
    """The scheduler starts monitor and scoring; the event of the monitor starts the retraining."""
    retrain_on(project, "garbage.parquet")
    point(project, "predictions", "logs/covariate")
    with webhook() as (port, arrived):
        told = {"alert_webhook": f"http://127.0.0.1:{port}/", "since": "2025-12-31", "score_from": "no-{day}.csv"}
        with airflow(project, tmp_path / "airflow.log", **told) as running:
            ended = running.until(
                lambda tasks: (
                    {tasks.get(f"{name}", ("",))[0] for name in ("retraining.retrain", "scoring.score")} == {"failed"}
                )
            )
            (run,) = running.ask("GET", "/api/v2/dags/retraining/dagRuns")["dag_runs"]
        alerts = sorted(arrived.get(timeout=10)["text"] for _ in range(2))
        assert arrived.empty()
    # Tries count where a refusal is final, or tried thrice: Airflow itself starts the others again on a busy machine.
    assert {name: state for name, (state, _) in ended.items()} == {
        "monitoring.monitor": "success",
        "monitoring.worn": "success",
        "retraining.retrain": "failed",
        "scoring.export": "success",
        "scoring.score": "failed",
    }
    assert (ended["retraining.retrain"][1], ended["scoring.score"][1]) == (1, 3)
    assert run["run_type"] == "asset_triggered"
    refused, missing = alerts
    assert re.match(
        r"retraining\.retrain failed in asset_triggered__\S+ mlops\.retraining\.retrain ended with 3: "
        r"refused: champion is version 1 as before; the model fails 3 of \d gates: baseline: roc_auc is 0\.5",
        refused,
    )
    assert re.match(
        r"scoring\.score failed in scheduled__\S+ mlops\.batch\.batch_predict ended with 2: refused: no-\d{4}-", missing
    )
    assert (last(project)["action"], last(project)["event"]) == ("refuse", "airflow")
    assert re.match(r"drift: .*; asset_triggered__", last(project)["reason"])


@pytest.mark.variant
def test_a_retraining_promotes_and_its_model_scores(project: Project) -> None:
    retrain_on(project, "new.parquet")
    project.make("dag-run", "DAG=retraining")
    assert (last(project)["action"], last(project)["version"], last(project)["event"]) == ("promote", "2", "airflow")
    assert last(project)["reason"].startswith("manual__")

    rows = {"AIRFLOW_VAR_SCORE_FROM": "logs/covariate", "AIRFLOW_VAR_SCORE_TO": "scored"}
    project.make("dag-run", "DAG=scoring", **rows)
    (day,) = (project.path / "scored").iterdir()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", day.name)
    parts = {path.name: path.stat().st_mtime_ns for path in day.glob("part-*.parquet")}
    assert parts
    typed(project, "airflow", "tasks", "test", "scoring", "score", day.name, **rows)
    assert [*(project.path / "scored").iterdir()] == [day]
    assert {path.name: path.stat().st_mtime_ns for path in day.glob("part-*.parquet")} == parts


def test_a_variable_that_is_missing_is_named(project: Project) -> None:
    said = typed(project, "airflow", "tasks", "test", "scoring", "score", "2026-01-01")
    assert re.search(
        r"scoring\.score failed in \S+ the variable score_from is not set: airflow variables set score_from", said
    )
