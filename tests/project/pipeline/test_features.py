"""The feature store of an advanced project: rows joined point in time, answers by the entity alone."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from copier import run_copy
from support.bytecode import Bytecode
from support.rendered_project import ROOT, Project, environment
from support.services.http_client import keys, running

pytestmark = [pytest.mark.e2e, pytest.mark.capability("feature store")]


def test_what_is_trained_is_what_is_served(
    served: Project, bytecode: Bytecode, warm: Callable[[Project], None], worker: Path, tmp_path: Path
) -> None:
    """An intermediate project with a model is lifted: its rows stay the same, so do the model and the answers."""
    shutil.copytree(served.path, tmp_path / "p", symlinks=True)
    project = Project(tmp_path / "p", environment(worker, "advanced"))
    dataset = (project.path / "data/dataset.parquet").read_bytes()
    answers = {"maturity": "advanced"}
    run_copy(str(ROOT), project.path, data=answers, defaults=True, overwrite=True, quiet=True, vcs_ref="HEAD")
    project.run("uv", "sync", "--quiet")
    bytecode.lend(project.virtual_environment)
    warm(project)
    project.run("uv", "run", "dvc", "repro", "--single-item", "ingest")
    assert (project.path / "data/dataset.parquet").read_bytes() == dataset
    project.make("materialize")
    tests = project.run("uv", "run", "pytest", "-q", "tests/mlops/feature_store").stdout
    assert "passed" in tests and "skipped" not in tests.splitlines()[-1]
    rows = json.loads(
        project.run(
            "uv", "run", "python", "-c",
            "import json, pyarrow.parquet as pq; t = pq.read_table('data/dataset.parquet').slice(0, 500);"
            "print(json.dumps(t.drop_columns(['snapshot_at', 'gender', 'churned']).to_pylist()))",
        ).stdout
    )  # fmt: skip
    with running(project, tmp_path, keys(project), module="mlops.feature_store.serve") as service:
        by_row = service.ask("/predict", rows)[2]
        by_entity = service.ask("/predict", [{"customer_id": row["customer_id"]} for row in rows])[2]
        assert by_entity["predictions"] == by_row["predictions"]
        assert service.measured("feature_store_reads_total")['{result="fresh"}'] == 500
