"""An Airflow of a project, as `make airflow` runs it, asked by its REST API."""

import json
import re
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from support.rendered_project import Project
from support.services.servers import free_port, serving

PATIENCE = 900  # seconds; nothing waits that long on a quiet machine
QUICK = {
    "AIRFLOW__API__WORKERS": "1",
    "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
    "AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY": "1",
    "AIRFLOW__CORE__PARALLELISM": "2",
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
}


class Airflow:
    """A running Airflow."""

    def __init__(self, port: int) -> None:
        """Gets a token."""
        self.address = f"http://127.0.0.1:{port}"
        self.token = self.ask("GET", "/auth/token")["access_token"]

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Sends a request, returns the answer."""
        headers = {"Content-Type": "application/json"}
        if hasattr(self, "token"):
            headers["Authorization"] = f"Bearer {self.token}"
        data = json.dumps(body).encode() if body is not None else None
        asked = urllib.request.Request(self.address + path, data, headers, method=method)  # noqa: S310
        with urllib.request.urlopen(asked, timeout=120) as answer:  # noqa: S310
            found: dict[str, Any] = json.loads(answer.read())
        return found

    def tasks(self, dag: str = "~") -> dict[str, tuple[str, int]]:
        """Returns state and number of tries of each task of all DAGs or of one, which has run once at most."""
        found = self.ask("GET", f"/api/v2/dags/{dag}/dagRuns/~/taskInstances")["task_instances"]
        names = [f"{task['dag_id']}.{task['task_id']}" for task in found]
        assert len(names) == len(set(names)), names
        return {name: (task["state"], task["try_number"]) for name, task in zip(names, found, strict=True)}

    def until(self, ready: Callable[[dict[str, tuple[str, int]]], bool], dag: str = "~") -> dict[str, tuple[str, int]]:
        """Waits for a state of the tasks of all DAGs or of one."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = self.tasks(dag)
            if ready(found):
                return found
            time.sleep(1)
        pytest.fail(f"Airflow did not get there in {PATIENCE} s: {self.tasks()}")


@contextmanager
def airflow(project: Project, log: Path, **variables: str) -> Iterator[Airflow]:
    """Runs Airflow until the block ends: scheduler, DAG processor, API server, triggerer."""
    port = free_port()
    told = {f"AIRFLOW_VAR_{name.upper()}": value for name, value in variables.items()}
    environment = project.environment | QUICK | told
    with serving(("make", "airflow", f"PORT={port}"), port, log, environment, project.path):
        yield Airflow(port)


def point(project: Project, key: str, value: str) -> None:
    """Writes a value into `params.yaml`."""
    text = re.sub(rf"(?m)^(  {key}: )\S+", rf"\g<1>{value}", project.read("params.yaml"), count=1)
    (project.path / "params.yaml").write_text(text, encoding="utf-8")


def retrain_on(project: Project, rows: str) -> None:
    """Lets the next retraining read these rows."""
    point(project, "source", rows)
    point(project, "watch", rows)


def last(project: Project) -> dict[str, str]:
    """Returns the newest entry of the audit log."""
    found: dict[str, str] = json.loads(project.read("audit.jsonl").splitlines()[-1])
    return found
