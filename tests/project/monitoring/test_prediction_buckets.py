"""The prediction log of a real service goes to buckets of three clouds, whole and once; the monitor reads it."""

import json
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from support.rendered_project import Project
from support.services.buckets import MAKE, WITH, Bucket, amazon
from support.services.http_client import Service, keys, running
from support.services.monitored_project import SEVERAL
from support.services.servers import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("service")]
ROWS, BATCH = 2_000, 1_000
MOST = 150_000_000  # bytes
# Prints the requests of a log in a bucket, each with its rows, and the paths of the files.
READ = """
import json, sys
from importlib import import_module
files = import_module(sys.argv[1] + ".mlops.data.storage")
filesystem, found = files.parquet_files(sys.argv[2])
import pyarrow as pa, pyarrow.dataset as ds
opened = ds.dataset(found, format="parquet", filesystem=files.arrow_filesystem(filesystem))
table = pa.Table.from_batches(files.scan(opened), opened.schema)
print(json.dumps([sorted(zip(table["_client_request_id"].to_pylist(), table["_row"].to_pylist())), found]))
"""


@pytest.fixture(scope="module")
def project(served: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the project whose champion is exported; its service closes a file each second."""
    path = tmp_path_factory.mktemp("sending") / "p"
    shutil.copytree(served.path, path, symlinks=True)
    project = Project(path, served.environment)
    project.edit("params.yaml", "prediction_log_seconds: 30", "prediction_log_seconds: 1")
    return project


@pytest.fixture(scope="module")
def made(project: Project) -> tuple[dict[str, str], str]:
    """A key for each role, and their lines."""
    return keys(project)


@pytest.fixture(scope="module")
def rows(project: Project) -> list[dict[str, Any]]:
    """Rows that moved away from what the model was evaluated on."""
    project.stage("mlops.data.synthetic", "moved.parquet", "--seed", "300", "--drift", "covariate", "--rows", str(ROWS))
    table = pq.read_table(project.path / "moved.parquet").drop_columns(["churned"])
    return [row | {"snapshot_at": row["snapshot_at"].isoformat()} for row in table.to_pylist()]


def until(true: Callable[[], bool], what: str, seconds: float = 40) -> None:
    """Waits until something is so."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def measured(service: Service, name: str) -> float:
    """Returns a metric of the prediction log."""
    return service.measured(f"prediction_log_{name}")[""]


def asked(service: Service, rows: list[dict[str, Any]], *names: str) -> None:
    """Asks for rows, as many requests as there are names."""
    for name in names:
        status, _, answer = service.ask("/predict", rows, X_Request_ID=name)
        assert status == 200, answer


def memory(service: Service) -> int:
    """Returns the bytes that the service and the process that writes its log have, what they share counted once."""
    own = service.process.pid
    children = Path(f"/proc/{own}/task/{own}/children").read_text(encoding="utf-8").split()
    maps = [Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8") for pid in (own, *children)]
    return sum(
        1024 * int(next(line.split()[1] for line in text.splitlines() if line.startswith("Pss:"))) for text in maps
    )


def stopped(service: Service) -> None:
    """Ends the service as Kubernetes does."""
    service.process.terminate()
    assert service.process.wait(timeout=30) == 0


def logged(project: Project, url: str, environment: dict[str, str]) -> tuple[list[list[Any]], list[str]]:
    """Returns the rows of a log in a bucket, and its files."""
    done = project.run("uv", "run", *WITH, "python", "-c", READ, project.package, url, **environment)
    return tuple(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.capability("prediction log in buckets")
def test_the_loop_is_closed_through_a_bucket_of_each_cloud(
    clouds: dict[str, Bucket],
    project: Project,
    made: tuple[dict[str, str], str],
    rows: list[dict[str, Any]],
    tmp_path: Path,
) -> None:
    environment = {name: value for cloud in clouds.values() for name, value in cloud.environment.items()}
    buckets = [cloud.url for name, cloud in clouds.items() if name != "gcp"]
    project.run("uv", "run", *WITH, "python", "-c", MAKE, *buckets, **environment)
    for name, cloud in clouds.items():
        folder = tmp_path / name
        folder.mkdir()
        sent = {"SERVE_PREDICTION_BUCKET": f"{cloud.url}/log"} | cloud.environment
        with running(project, folder, made, **sent) as service:
            asked(service, rows[:BATCH], "first")
            until(lambda: measured(service, "sent_files_total") == 1, f"{name}: the first file is not sent")
            asked(service, rows[BATCH:], "second")
            assert memory(service) < MOST
            stopped(service)  # at once: the last file is closed and sent on the way
        assert not [*service.predictions.rglob("*.parquet"), *service.predictions.glob(".*")], name
    arguments = json.dumps([["--predictions", f"{cloud.url}/log", "--since", "1d"] for cloud in clouds.values()])
    done = project.run("uv", "run", *WITH, "python", "-c", SEVERAL, project.package, arguments, **environment)
    said = json.loads(done.stderr.splitlines()[-1])
    assert [code for code, _ in said] == [10, 10, 10], said  # monitor.yml starts retrain.yml
    assert all("drift: 3 of 10 features moved" in sentence for _, sentence in said)
    report = json.loads(project.read("reports/monitoring/report.json"))
    assert report["rows"] == ROWS


@pytest.mark.capability("prediction log in buckets")
def test_a_bucket_that_is_down_gets_every_row_once_whatever_dies_meanwhile(
    project: Project, made: tuple[dict[str, str], str], rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    port = free_port()
    settings = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "SERVE_PREDICTION_BUCKET": "s3://late/log"}
    settings |= {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "us-east-1"}
    with running(project, tmp_path, made, **settings) as service:
        asked(service, rows[:100], "a")
        until(lambda: measured(service, "waiting_files") == 1, "no file waits")
        asked(service, rows[:100], "b")
        until(lambda: measured(service, "oldest_file_seconds") > 1, "it has no age")
        status, _, ready = service.ask("/health/ready")
        assert (status, "prediction_log" in ready) == (200, False)
        said = [json.loads(line) for line in service.log.read_text().splitlines() if "to its bucket" in line]
        assert len(said) == 1, "once, not with each attempt"
        assert said[0]["error"].startswith("s3://late/log can't be reached (")
        assert said[0]["error"].endswith("check address, network and credentials.")
        os.killpg(service.process.pid, signal.SIGKILL)  # between write and upload
        service.process.wait()
    assert [*service.predictions.rglob("*.parquet")]
    with running(project, tmp_path, made, **settings) as service, amazon(tmp_path, port) as environment:
        project.run("uv", "run", "python", "-c", MAKE, "s3://late", **environment)
        asked(service, rows[:100], "c")
        until(lambda: measured(service, "sent_files_total") >= 3, "what waited is not sent", 90)
        until(lambda: measured(service, "waiting_files") == 0, "a file still waits")
        assert measured(service, "oldest_file_seconds") == 0
        assert not [*service.predictions.rglob("*.parquet")]
        found, files = logged(project, "s3://late/log", environment)
        assert found == [[name, row] for name in "abc" for row in range(100)]
        assert len(files) == len({file.rpartition("/")[2] for file in files})
        stopped(service)


@pytest.mark.capability("prediction log in buckets")
def test_wrong_credentials_are_one_sentence_and_lose_nothing(
    clouds: dict[str, Bucket],
    project: Project,
    made: tuple[dict[str, str], str],
    rows: list[dict[str, Any]],
    tmp_path: Path,
) -> None:
    cloud = clouds["azure"]
    wrong = cloud.environment | {"AZURE_STORAGE_ACCOUNT_KEY": "A" * 43 + "="}
    with running(project, tmp_path, made, SERVE_PREDICTION_BUCKET=f"{cloud.url}/wrong", **wrong) as service:
        asked(service, rows[:10], "a")
        until(lambda: measured(service, "waiting_files") == 1, "no file waits")
        until(lambda: "to its bucket" in service.log.read_text(), "nothing is said")
        stopped(service)
    said = [json.loads(line) for line in service.log.read_text().splitlines() if "to its bucket" in line]
    sentence = f"{cloud.url}/wrong refuses this account: give it the right to create objects there, and no other."
    assert [line["error"] for line in said] == [sentence]
    assert len([*service.predictions.rglob("*.parquet")]) == 1
    assert "Traceback" not in service.log.read_text()


def test_an_address_that_is_none_is_refused(project: Project, made: tuple[dict[str, str], str]) -> None:
    for address in ("predictions", "https://x/y", "s3://", "s3://a b", "file:///etc", "s3://a/$(id)"):
        keys_ = {"SERVE_API_KEYS": made[1], "SERVE_PREDICTION_BUCKET": address}
        done = project.stage("mlops.serving", "--port", "1", check=False, **keys_)
        assert done.returncode == 2, address
        assert done.stderr.startswith(
            f"refused: the bucket of the prediction log is {address!r}: write s3://BUCKET/PATH"
        )


@pytest.mark.capability("DVC remote")
@pytest.mark.parametrize("cloud", ["gcp", "azure"])
def test_dvc_pushes_to_and_pulls_from_the_other_clouds(
    cloud: str, clouds: dict[str, Bucket], served: Project, tmp_path: Path
) -> None:
    shutil.copytree(served.path, tmp_path / "p", symlinks=True)
    project = Project(tmp_path / "p", served.environment | clouds[cloud].environment)
    environment = clouds[cloud].environment
    if cloud == "azure":
        project.run("uv", "run", *WITH, "python", "-c", MAKE, clouds[cloud].url)
    url = {"gcp": "gs://predictions/dvc", "azure": "azure://predictions/dvc"}[cloud]
    options = {
        "gcp": f"\n    endpointurl = {environment.get('STORAGE_EMULATOR_HOST')}\n    allow_anonymous_login = true"
    }
    remote = f"[core]\n    remote = cloud\n['remote \"cloud\"']\n    url = {url}{options.get(cloud, '')}\n"
    (project.path / ".dvc/config.local").write_text(remote, encoding="utf-8")
    project.run("uv", "run", *WITH, "dvc", "push")
    before = (project.path / "models/model.skops").read_bytes()
    shutil.rmtree(project.path / ".dvc/cache")
    (project.path / "models/model.skops").unlink()
    project.run("uv", "run", *WITH, "dvc", "pull")
    assert (project.path / "models/model.skops").read_bytes() == before
