"""The feature store of an advanced project: rows joined point in time, answers by the entity alone."""

import json
import shutil
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Project
from copier import run_copy
from servers import free_port, serving

pytestmark = [pytest.mark.e2e, pytest.mark.capability("feature store")]


def ask(port: int, path: str, body: Any = None) -> str:
    """Returns the answer of the service as text."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - of 127.0.0.1
        return str(answer.read().decode())


def test_what_is_trained_is_what_is_served(served: Project, tmp_path: Path) -> None:
    """An intermediate project with a model is lifted: its rows stay the same, so do the model and the answers."""
    shutil.copytree(served.path, tmp_path / "p", symlinks=True)
    project = Project(tmp_path / "p", served.environment | {"UV_PROJECT_ENVIRONMENT": str(tmp_path / "venv")})
    dataset = (project.path / "data/dataset.parquet").read_bytes()
    answers = {"maturity": "advanced"}
    run_copy(str(ROOT), project.path, data=answers, defaults=True, overwrite=True, quiet=True, vcs_ref="HEAD")
    project.run("uv", "sync", "--quiet")
    project.run("uv", "run", "dvc", "repro", "--single-item", "ingest")
    assert (project.path / "data/dataset.parquet").read_bytes() == dataset
    project.make("materialize")
    tests = project.run("uv", "run", "pytest", "-q", "tests/feature_store").stdout
    assert "passed" in tests and "skipped" not in tests.splitlines()[-1]
    rows = json.loads(
        project.run(
            "uv", "run", "python", "-c",
            "import json, pyarrow.parquet as pq; t = pq.read_table('data/dataset.parquet').slice(0, 500);"
            "print(json.dumps(t.drop_columns(['snapshot_at', 'gender', 'churned']).to_pylist()))",
        ).stdout
    )  # fmt: skip
    port = free_port()
    command = ["uv", "run", "python", "-m", f"{project.package}.feature_store.serve", "--port", str(port)]
    with serving(command, port, tmp_path / "log", project.environment | {"SERVE_AUTH": "off"}, project.path):
        by_row = json.loads(ask(port, "/predict", rows))["predictions"]
        by_entity = json.loads(ask(port, "/predict", [{"customer_id": row["customer_id"]} for row in rows]))
        assert by_entity["predictions"] == by_row
        assert 'feature_store_reads_total{result="fresh"} 500.0' in ask(port, "/metrics")
