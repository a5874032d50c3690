"""Experiments: tried in copies of the project, compared, applied; plain commands of DVC do the same."""

import json
import os
import re
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable

import pytest
from support.rendered_project import Project
from support.services.servers import free_port

pytestmark = pytest.mark.e2e
RATE = "train.families.hist_gradient_boosting.learning_rate"
RUNS = """
import json
from {package}.mlops.tracking import mlflow_client
client = mlflow_client.connect()
runs = client.search_runs(["1"], order_by=["attributes.start_time ASC"])
print(json.dumps([[run.info.run_name, run.info.artifact_uri, run.data.tags, run.data.params] for run in runs]))
"""


def _runs(project: Project) -> list[tuple[str, str, dict[str, str], dict[str, str]]]:
    script = RUNS.format(package=project.package)
    return json.loads(project.run("uv", "run", "python", "-c", script).stdout.splitlines()[-1])


def _rows(said: str) -> dict[str, str]:
    """The rows of the table by experiment."""
    lines = said[said.index("experiment  ") :].splitlines()[2:]
    return {line.split()[0]: line for line in lines if re.match(r"[\w-]+  +-?\d", line)}


@pytest.fixture(scope="module")
def small(new_project: Callable[..., Project]) -> Project:
    """A project whose first model took few rows, committed."""
    project = new_project()
    project.edit("params.yaml", "rows: 10000", "rows: 2000")
    project.make("run")
    project.commit("first model")
    return project


@pytest.mark.capability("experiments")
def test_from_an_experiment_to_the_folder(small: Project) -> None:
    append = (
        f"from {small.package}.mlops.governance import audit_log; "
        "audit_log.append('refuse', 'churn-model', '', 'tried', model_hash='', data_hash='')"
    )
    small.run("uv", "run", "python", "-c", append)  # not committed
    log, metrics = small.read("audit.jsonl"), small.read("metrics.json")

    said = small.make("experiment", "NAME=slow", f"SET={RATE}=0.05").stdout
    assert "all 6 gates passed" in said  # the champion's among them: its store is the project's
    assert re.search(rf"slow +0\.\d+ \(0\.\d+ to 0\.\d+\) +[+-]0\.\d+ \(.* to .*\) +passed +{RATE}=0\.05", said)
    assert (small.read("audit.jsonl"), small.read("metrics.json")) == (log, metrics)
    assert small.run("git", "diff", "--name-only").stdout.split() == ["audit.jsonl"]
    name, place, tags, parameters = _runs(small)[-1]
    assert name == f"slow {tags['model_hash'][:8]}"
    assert place.startswith(f"{small.path.resolve()}/mlruns/")
    assert (tags["experiment"], tags["gates"]) == ("slow", "passed")
    assert tags["mlflow.source.git.commit"] == tags["experiment_of"]
    assert (parameters["hyperparameters.learning_rate"], parameters["hyperparameters.max_iter"]) == ("0.05", "100")

    refused = small.make("experiment", "NAME=weak", "SET=train.hyperparameters.max_iter=1,2", check=False)
    assert "refused: gates refused weak-1 by " in refused.stderr
    assert "experiment weak-1 was refused by " in small.make("apply", "NAME=weak-1", check=False).stderr
    assert small.run("git", "diff", "--name-only").stdout.split() == ["audit.jsonl"]

    small.make("experiment", "NAME=later", f"SET={RATE}=0.06 train.seed=8", "QUEUE=1")
    assert "later" in small.run("uv", "run", "dvc", "queue", "status").stdout
    small.run("uv", "run", "dvc", "exp", "run", "--run-all")
    shown = small.run("uv", "run", "dvc", "exp", "show", "--csv").stdout
    assert {"slow", "later"} <= set(re.findall(r"[\w-]+", shown))

    rows = _rows(small.make("compare").stdout)
    assert set(rows) == {"slow", "later", "weak-1", "weak-2", "workspace"}
    assert all("  fails " in rows[name] for name in ("weak-1", "weak-2"))
    assert (small.path / "reports/experiments.png").read_bytes().startswith(b"\x89PNG")

    small.make("apply", "NAME=later")
    assert small.read("audit.jsonl") == log
    changed = small.run("git", "diff", "--unified=0", "params.yaml").stdout.splitlines()[4:]
    assert [line[:1] for line in changed if not line.startswith("@@")] == ["-", "+", "-", "+"]
    assert "train.seed" in small.run("uv", "run", "dvc", "params", "diff").stdout
    small.make("apply", "NAME=slow")  # what `later` brought is not lost: DVC has it
    assert "Running stage 'train'" not in small.make("run").stdout
    small.edit("params.yaml", "leak_score: 0.98", "leak_score: 0.97")
    assert (
        "params.yaml has changes that applying would overwrite" in small.make("apply", "NAME=later", check=False).stderr
    )
    small.run("git", "restore", "params.yaml")

    # In this folder, by DVC alone; its reading of a value that is listed needs no `+`.
    plain = small.run("uv", "run", "dvc", "exp", "run", "--name", "plain", "--set-param", f"{RATE}=0.07").stdout
    assert "all 6 gates passed" in plain or "is the champion" in plain
    small.run("git", "restore", "params.yaml")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["experiment"], "it needs a name"),
        (["experiment", "NAME=a b"], "'a b' is no name"),
        (
            ["experiment", "NAME=a", "SET=train.famly=linear"],
            "params.yaml has no 'train.famly': did you mean train.family",
        ),
        (["experiment", "NAME=a", "SET=train.seed"], "write a name and a value"),
        (["experiment", "NAME=a", "SET=train.seed=1,2", "ARGS=--workspace"], "leave out --workspace"),
        (["apply", "NAME=a"], "there is no experiment 'a' to apply, this commit has none"),
        (["ui", "PORT=70000"], "port 70000 is not free"),
    ],
)
def test_what_is_refused(arguments: list[str], sentence: str, finished: Project) -> None:
    done = finished.make(*arguments, check=False)
    assert done.returncode == 2
    assert f"refused: {sentence}" in done.stderr or sentence in done.stderr.partition("refused: ")[2]
    assert finished.run("git", "status", "--porcelain").stdout == ""


def test_what_a_copy_would_lack_is_refused(project: Project) -> None:
    (project.path / "src/own.py").write_text("", encoding="utf-8")
    assert "refused: src/own.py is not in Git" in project.make("experiment", "NAME=a", check=False).stderr


@pytest.mark.capability("experiments")
def test_a_search_leaves_its_trials_and_its_choice(small: Project) -> None:
    search = "train.search={iterations: 2, folds: 2, space: {max_iter: [5, 6]}}"
    small.make("experiment", "NAME=searched", f"SET='{search}'", check=False)
    runs = {name: parameters for name, _, tags, parameters in _runs(small)}
    best = next(parameters for name, parameters in runs.items() if name.startswith("searched "))
    assert runs["trial 1 of 2"]["hyperparameters.max_iter"] == best["hyperparameters.max_iter"]
    assert {runs[f"trial {number} of 2"]["hyperparameters.max_iter"] for number in (1, 2)} == {"5", "6"}


@pytest.mark.capability("MLflow's pages")
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_the_pages_show_the_runs_and_end(sign: signal.Signals, finished: Project) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = ["uv", "run", "python", "-m", f"{finished.package}.commands.ui", "--port", str(port)]
    with subprocess.Popen(  # noqa: S603
        command, cwd=finished.path, env=finished.environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == f"{address}/#/experiments/1/runs?workflowType=machine_learning\n"
        _wait(f"{address}/health")
        told = json.loads(urllib.request.urlopen(f"{address}/ajax-api/3.0/mlflow/ui-telemetry").read())  # noqa: S310
        assert told["disable_ui_telemetry"]
        os.killpg(running.pid, sign) if sign == signal.SIGINT else running.send_signal(sign)
        running.communicate(timeout=60)
    left = subprocess.run(["pgrep", "-f", f"--port {port}"], capture_output=True, check=False).stdout  # noqa: S603, S607
    assert left == b""


def _wait(url: str) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(url)  # noqa: S310
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"nothing answers at {url}")
