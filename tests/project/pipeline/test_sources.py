"""Every kind of source that `ingest` takes, and DVC's remote, against real servers on this machine."""

import http.server
import json
import os
import shutil
import sqlite3
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import boto3
import pandas as pd
import pyarrow.parquet as pq
import pytest
from support.rendered_project import Project
from support.services.servers import free_port, serving

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A running S3 server with the bucket `lake`; what a client needs in its environment."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with serving(command, port, tmp_path_factory.mktemp("moto") / "log", dict(os.environ)):
        client = boto3.client("s3", endpoint_url=url, region_name="us-east-1", **_keys(keys))
        client.create_bucket(Bucket="lake")
        yield {**keys, "AWS_ENDPOINT_URL": url}


@pytest.fixture(scope="module")
def rows(finished: Project) -> pd.DataFrame:
    """Some rows of the sample."""
    return pd.read_parquet(finished.path / "data/dataset.parquet").head(500)


def ingested(project: Project, source: str, *, watched: bool = True, **environment: str) -> pd.DataFrame:
    """Sets the source, and returns what `ingest` makes of it."""
    project.edit("params.yaml", "source: sample ", f"source: {source} ")
    if watched:
        project.edit("params.yaml", f"watch: src/{project.package}/mlops/data/synthetic.py", f"watch: {source}")
    project.run("uv", "run", "dvc", "repro", "--single-item", "ingest", **environment)
    return pd.read_parquet(project.path / "data/dataset.parquet")


@pytest.mark.capability("DVC remote")
def test_the_remote_gets_and_gives_back_every_output(project: Project, s3: dict[str, str]) -> None:
    project.run("uv", "run", "dvc", "remote", "add", "--default", "bucket", "s3://lake/dvc")
    project.run("uv", "run", "dvc", "push", **s3)
    outputs = {path: path.read_bytes() for name in ("data", "models") for path in (project.path / name).iterdir()}
    assert len(outputs) >= 6
    for name in ("data", "models", "reports", ".dvc/cache"):
        shutil.rmtree(project.path / name)
    project.run("uv", "run", "dvc", "pull", **s3)
    assert {path: path.read_bytes() for path in outputs} == outputs
    assert "Running stage" not in project.make("run", **s3).stdout


@pytest.mark.capability("sources")
def test_an_object_in_s3(project: Project, s3: dict[str, str], rows: pd.DataFrame, tmp_path: Path) -> None:
    rows.to_parquet(tmp_path / "rows.parquet")
    client = boto3.client("s3", endpoint_url=s3["AWS_ENDPOINT_URL"], region_name="us-east-1", **_keys(s3))
    client.upload_file(str(tmp_path / "rows.parquet"), "lake", "in/rows.parquet")
    pd.testing.assert_frame_equal(ingested(project, "s3://lake/in/rows.parquet", **s3), rows)
    again = project.run("uv", "run", "dvc", "repro", "--single-item", "ingest", **s3)
    assert "didn't change" in again.stdout
    rows.head(200).to_parquet(tmp_path / "rows.parquet")
    client.upload_file(str(tmp_path / "rows.parquet"), "lake", "in/rows.parquet")
    project.run("uv", "run", "dvc", "repro", "--single-item", "ingest", **s3)
    assert pq.read_metadata(project.path / "data/dataset.parquet").num_rows == 200


def _keys(s3: dict[str, str]) -> dict[str, str]:
    return {"aws_access_key_id": s3["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": s3["AWS_SECRET_ACCESS_KEY"]}


@pytest.mark.capability("sources")
def test_a_file_on_a_web_server(project: Project, rows: pd.DataFrame, tmp_path: Path) -> None:
    rows.to_csv(tmp_path / "rows.csv", index=False)
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found = ingested(project, f"http://127.0.0.1:{server.server_port}/rows.csv")
        server.shutdown()
    pd.testing.assert_frame_equal(found, rows)


@pytest.mark.capability("sources")
def test_a_folder_of_files(project: Project, rows: pd.DataFrame) -> None:
    folder = project.path / "landing"
    folder.mkdir()
    rows.head(300).to_csv(folder / "a.csv", index=False)
    rows.tail(200).to_csv(folder / "b.csv", index=False)
    pd.testing.assert_frame_equal(ingested(project, "landing"), rows)
    rows.tail(200).assign(surprise=1).to_csv(folder / "b.csv", index=False)
    refused = project.run("uv", "run", "dvc", "repro", "validate", check=False)
    assert "surprise" in refused.stderr
    (folder / "b.csv").unlink()
    project.run("uv", "run", "dvc", "repro", "--single-item", "ingest")
    assert pq.read_metadata(project.path / "data/dataset.parquet").num_rows == 300


@pytest.mark.capability("sources")
def test_a_query(project: Project, rows: pd.DataFrame, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "crm.db") as database:
        rows.to_sql("customers", database, index=False)
    project.edit("params.yaml", "query: null", "query: SELECT * FROM customers WHERE age >= 40 ORDER BY customer_id")
    found = ingested(project, "$CRM_URL", watched=False, CRM_URL=f"sqlite:///{tmp_path / 'crm.db'}")
    pd.testing.assert_frame_equal(found, rows[rows["age"] >= 40].reset_index(drop=True))
    assert str(tmp_path) not in project.read("params.yaml") + project.read("dvc.lock")


@pytest.mark.capability("MLflow server")
def test_an_mlflow_server(project: Project, tmp_path: Path) -> None:
    port = free_port()
    uri = f"http://127.0.0.1:{port}"
    python = Path(project.environment["UV_PROJECT_ENVIRONMENT"]) / "bin/python"
    command = [python, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{tmp_path}/m.db"]
    command += ["--artifacts-destination", str(tmp_path / "artifacts")]
    with serving(command, port, tmp_path / "server.log", project.environment):
        # That server knows no champion yet: the present one is brought there.
        project.make("restore", MLFLOW_TRACKING_URI=uri)
        project.edit("params.yaml", "hyperparameters: {}", "hyperparameters: {max_iter: 90}")
        project.edit("params.yaml", "promote: main", "promote: always")
        assert "churn-model 2 is champion: passed all gates" in project.make("run", MLFLOW_TRACKING_URI=uri).stdout
        newest = json.loads(project.read("audit.jsonl").splitlines()[-1])
        assert (newest["action"], newest["version"]) == ("promote", "2")
        assert list((tmp_path / "artifacts").rglob("model.skops"))
        assert project.entries(MLFLOW_TRACKING_URI=uri)
    project.edit("params.yaml", "max_iter: 90", "max_iter: 80")
    down = project.make("run", MLFLOW_TRACKING_URI=uri, check=False)
    assert f"refused: MLflow at {uri} can't be used" in down.stderr
    assert down.returncode != 0


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_what_is_read_in_part_ends_well(kind: str, finished: Project, tmp_path: Path) -> None:
    """`infer` reads the first rows, `ingest` up to the one it refuses: Arrow's threads must not read on at the exit."""
    many = pd.DataFrame({f"c{n}": range(1_000_000) for n in range(4)})
    many.to_csv(tmp_path / "many.csv", index=False) if kind == "csv" else many.to_parquet(tmp_path / "many.parquet")
    code = (
        "import sys; from {0}.mlops.data.source import open_source; from {0}.mlops.core.params import Ingest; "
        "opened = open_source(Ingest(source=sys.argv[1], watch=sys.argv[1])); print(len(next(opened.batches)) > 0)"
    )
    for _ in range(3):
        arguments = (code.format(finished.package), str(tmp_path / f"many.{kind}"))
        assert finished.run("uv", "run", "python", "-c", *arguments).stdout == "True\n"
