"""The service as a process: what strangers, crowds, signals and tampering do to it."""

import asyncio
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.dataset
import pytest
from support.rendered_project import ROOT, Project
from support.services.http_client import Service, keys, python, running, under_load
from support.services.servers import START, free_port
from support.services.servers import serving as process

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("service")]
Keys = tuple[dict[str, str], str]
REQUESTS = 2_000


@pytest.fixture(scope="module")
def made(served: Project) -> Keys:
    """A key for each role, and their lines."""
    return keys(served)


@pytest.fixture(scope="module")
def service(served: Project, made: Keys, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service for the tests that leave it as it is."""
    with running(served, tmp_path_factory.mktemp("service"), made) as found:
        yield found


@pytest.fixture(scope="module")
def row(served: Project) -> dict[str, Any]:
    """A row as the service's document shows it."""
    return dict(json.loads(served.read("models/served/bundle.json"))["example"])


def logged(folder: Path) -> list[tuple[str, int]]:
    """Returns the client's id of the request and the position of every row in the prediction log."""
    table = pyarrow.dataset.dataset(folder, format="parquet").to_table(columns=["_client_request_id", "_row"])
    return list(zip(table["_client_request_id"].to_pylist(), table["_row"].to_pylist(), strict=True))


# -- what it is asked -------------------------------------------------------------------------------------------------
@pytest.mark.capability("service")
def test_strangers_never_make_it_fail(service: Service, tmp_path: Path) -> None:
    settings = tmp_path / "schemathesis.toml"
    settings.write_text(f'[auth.openapi.bearer]\nbearer = "{service.keys["admin"]}"\n')
    before = sum(service.measured("http_requests_total").values())
    for options in (["-n", "50"], ["--include-path", "/predict", "-n", str(REQUESTS)]):
        command = ["schemathesis", "--config-file", str(settings), "run", f"{service.url}/openapi.json", "--no-color"]
        done = subprocess.run(  # noqa: S603
            [*command, *options, "--phases", "examples,coverage,fuzzing", "--generation-database", "none"],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-6000:]
    counted = service.measured("http_requests_total")
    assert sum(counted.values()) - before >= REQUESTS
    assert not [labels for labels in counted if 'status="5' in labels]
    assert service.process.poll() is None


@pytest.mark.parametrize(
    ("change", "status", "sentence"),
    [
        (lambda row: {k: v for k, v in row.items() if k != "age"}, 422, "age: Field required."),
        (lambda row: row | {"surprise": 1}, 422, "surprise: Extra inputs are not permitted."),
        (lambda row: row | {"age": "45"}, 422, "age: Input should be a valid integer."),
        (lambda row: row | {"age": 1e-42}, 422, "age: Input should be a valid integer."),
        (lambda row: row | {"age": None}, 422, "age: Input should be a valid integer."),
        (lambda row: row | {"age": 101}, 422, "age: Input should be less than or equal to 100."),
        (lambda row: row | {"monthly_charge": -1}, 422, "monthly_charge: Input should be greater than or equal to 0."),
        (lambda row: row | {"paperless": 2}, 422, "paperless: Input should be a valid boolean."),
        (lambda row: row | {"snapshot_at": "yesterday"}, 422, "snapshot_at: Input should be a valid datetime"),
        (lambda row: row | {"snapshot_at": "6"}, 422, "snapshot_at: Input should be a valid datetime"),
        (lambda row: row | {"snapshot_at": "31.01.2026"}, 422, "snapshot_at: Input should be a valid datetime"),
        (lambda row: row | {"snapshot_at": 6}, 422, "snapshot_at: Input should be a valid datetime"),
        (lambda row: row | {"plan": 3}, 422, "plan: Input should be a valid string."),
        (lambda row: [row, row | {"age": 17, "plan": 3}], 422, "age of row 1: .* equal to 18, and 1 more."),
        (lambda row: [], 422, "the body: List should have at least 1 item"),
        (lambda row: [row] * 1001, 422, "the body: List should have at most 1000 items"),
        (lambda row: [row] * 5000, 413, "the body has more than 1000000 bytes"),
        (lambda row: b'{"age": NaN}', 422, "age: Input should be a valid integer"),
        (lambda row: b"[" * 900_000, 422, "the body: Invalid JSON: recursion limit exceeded"),
        (lambda row: b"\xff\xfe", 422, "the body: Invalid JSON"),
        (lambda row: b"", 422, "the body: Invalid JSON: EOF"),
    ],
)
def test_wrong_input_has_its_status_and_sentence(
    change: Any, status: int, sentence: str, service: Service, row: dict[str, Any]
) -> None:
    found, headers, said = service.ask("/predict", change(row))
    assert (found, headers["content-type"], said["status"]) == (status, "application/problem+json", status)
    assert re.match(sentence, said["detail"]), said["detail"]
    assert said["request_id"] == headers["x-request-id"]


def test_numbers_as_other_languages_write_them(service: Service, row: dict[str, Any]) -> None:
    body = json.dumps(row | {"age": 45.0, "monthly_charge": 47, "plan": "platinum"}).encode()
    assert service.ask("/predict", body)[0] == 200
    assert service.measured("model_feature_out_of_range_total")['{feature="plan"}'] >= 1


@pytest.mark.parametrize("time", ["2025-11-19T17:08:28+01:00", "2025-11-19 16:08", "0001-01-01T00:00:00+23:00"])
def test_times_with_and_without_an_offset(time: str, service: Service, row: dict[str, Any]) -> None:
    assert service.ask("/predict", row | {"snapshot_at": time})[0] == 200


@pytest.mark.capability("roles of API keys")
def test_keys_and_roles(service: Service, row: dict[str, Any]) -> None:
    for key in (None, "wrong"):
        status, headers, said = service.ask("/predict", row, key=key)
        assert (status, headers["www-authenticate"], said["title"]) == (401, "Bearer", "Unauthorized")
    assert service.ask("/model/reload", b"")[0] == 403
    assert service.ask("/model/reload", b"", key="admin")[2] == {"model_version": "1"}
    bearer = service.ask("/predict", row, key=None, Authorization=f"Bearer {service.keys['predict']}")
    assert bearer[0] == 200
    assert service.ask("/nowhere")[0] == 404
    assert service.ask("/predict")[0] == 405
    assert {service.ask(path, key=None)[0] for path in ("/health/live", "/health/ready", "/metrics")} == {200}


def test_it_measures_what_alerts_and_dashboard_ask(service: Service, row: dict[str, Any]) -> None:
    """They are tested on an exposition that is written down; the service has to have the same names and types."""
    written = (ROOT / "tests/data/exposition.prom").read_text(encoding="utf-8")
    assert service.ask("/predict", row)[0] == 200
    said = service.ask("/metrics", key=None)[2]
    types = set(re.findall(r"^# TYPE .+$", written, re.M))
    assert types
    assert types <= set(re.findall(r"^# TYPE .+$", said, re.M))
    bounds = re.findall(r"^http_request_duration_seconds_bucket\{(.+)\}", said, re.M)
    assert any('le="0.25"' in bound and 'path="/predict"' in bound for bound in bounds)  # of LatencyHigh


SPOIL = """
import json, sys
from pathlib import Path
import numpy as np, pandas as pd, pyarrow as pa, pyarrow.parquet as pq
from PACKAGE import project
from PACKAGE.mlops.contract import frame as frames
from PACKAGE.mlops.models import persistence, prediction
found = project.contract()
table = pq.read_table("data/dataset.parquet").slice(0, 10_000)
rng = np.random.default_rng(3)
frame = table.drop_columns([found.target.name]).to_pandas().astype(object)
for column in found.features:
    if column.missing:
        frame.loc[rng.random(len(frame)) < 0.2, column.name] = None
    if column.kind == "category":
        frame.loc[rng.random(len(frame)) < 0.05, column.name] = "never seen"
frame = frame.where(frame.notna(), None)
asked = pa.table({c.name: pa.array(list(frame[c.name]), c.arrow) for c in found.columns if c is not found.target})
record = json.load(open("models/model.json"))
pipeline = persistence.load(Path("models/model.skops"), record["sha256"], project.trusted())
expected = prediction.predict(pipeline, frames.feature_frame(asked, found), found)[:, 1].tolist()
rows = [{k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in row.items()} for row in asked.to_pylist()]
json.dump([rows, expected], open(sys.argv[1], "w"))
"""


@pytest.mark.capability("service")
def test_answers_are_those_of_the_pipeline(served: Project, service: Service, tmp_path: Path) -> None:
    script = SPOIL.replace("PACKAGE", served.package)
    served.run("uv", "run", "python", "-c", script, str(tmp_path / "rows.json"))
    rows, expected = json.loads((tmp_path / "rows.json").read_text())
    assert len(rows) == 10_000
    assert sum(row["plan"] == "never seen" for row in rows) > 100
    answers: list[dict[str, Any]] = []
    for start in range(0, len(rows), 500):
        status, _, said = service.ask("/predict", rows[start : start + 500])
        assert status == 200, said
        answers += said["predictions"]
    assert max(abs(each["probability"] - chance) for each, chance in zip(answers, expected, strict=True)) <= 1e-9
    assert [each["label"] for each in answers] == [chance >= 0.5 for chance in expected]


# -- crowds and signals -----------------------------------------------------------------------------------------------
SCRIPT = """
wrk.method, wrk.body = "POST", [[ROW]]
wrk.headers["Content-Type"], wrk.headers["X-API-Key"] = "application/json", "KEY"
"""


def _crowd(service: Service, connections: int, seconds: int, script: Path) -> subprocess.Popen[str]:
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "-s", str(script), f"{service.url}/predict"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603


@pytest.mark.capability("service under load")
def test_twice_its_capacity(served: Project, made: Keys, row: dict[str, Any], tmp_path: Path) -> None:
    if not shutil.which("wrk"):
        pytest.skip("wrk is not installed")
    with running(served, tmp_path, made, SERVE_LOG_LEVEL="WARNING") as service:
        script = tmp_path / "post.lua"
        script.write_text(SCRIPT.replace("ROW", json.dumps(row)).replace("KEY", service.keys["predict"]))
        found = {}
        for connections, seconds in ((56, 10), (120, 30)):  # and 8 that are measured: 64 may be in flight
            crowd = _crowd(service, connections, seconds + 2, script)
            time.sleep(1)
            found[connections] = asyncio.run(under_load(service, 8, row, seconds))
            assert crowd.wait(60) == 0
        counted = service.measured("http_requests_total")
    statuses = {re.findall(r'status="(\d+)"', labels)[0] for labels in counted if "/predict" in labels}
    assert statuses == {"200", "503"}
    assert not found[56].lost + found[120].lost
    assert len(found[120].answered) > 100
    assert found[120].p99 < 10, "seconds: who is answered does not wait for those who are shed"


@pytest.mark.capability("service under load")
def test_sigterm_under_load_loses_nothing_that_was_accepted(
    served: Project, made: Keys, row: dict[str, Any], tmp_path: Path
) -> None:
    with running(served, tmp_path, made) as service:

        def stop() -> None:
            service.process.send_signal(signal.SIGTERM)

        load = asyncio.run(under_load(service, 16, [row, row], 3, stop))
        assert service.process.wait(30) == 0
    assert len(load.answered) > 100
    assert not load.others
    assert sorted(logged(service.predictions)) == sorted((name, n) for name in load.answered for n in range(2))
    assert not list(service.predictions.rglob("*.part"))


def test_while_it_stops_it_is_not_ready_but_answers(
    served: Project, made: Keys, row: dict[str, Any], tmp_path: Path
) -> None:
    with running(served, tmp_path, made, "--drain", "5") as service:
        service.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        status, headers, said = service.ask("/health/ready")
        assert (status, headers["connection"], said["title"]) == (503, "close", "Service Unavailable")
        assert service.ask("/predict", row)[0] == 200
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(4) == 0


# -- how it starts ----------------------------------------------------------------------------------------------------
def _refused(project: Project, *arguments: str, **environment: str) -> str:
    """Starts the service, which must refuse; returns its sentence."""
    command = [str(python(project)), "-m", f"{project.package}.mlops.serving", "--port", str(free_port()), *arguments]
    done = project.run(*command, check=False, **environment)
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stdout + done.stderr
    return done.stderr


@pytest.mark.capability("tampered model")
def test_a_tampered_model_is_not_served(served: Project, made: Keys, tmp_path: Path) -> None:
    folder = shutil.copytree(served.path / "models/served", tmp_path / "served")
    given = {"SERVE_API_KEYS": made[1], "SERVE_MODEL": str(folder)}
    facts = json.loads((folder / "bundle.json").read_text())
    path = folder / facts["file"]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert re.search("refused: .* is not the model that was recorded", _refused(served, **given))
    path.unlink()
    assert "refused: there is no " in _refused(served, **given)
    assert "`make export`" in _refused(served, **given | {"SERVE_MODEL": str(tmp_path / "nowhere")})


def test_without_keys_it_does_not_start(served: Project) -> None:
    assert "refused: there are no API keys" in _refused(served, "--host", "0.0.0.0")  # noqa: S104 - it must not listen
    assert "SERVE_LOG_LEVEL is LOUD" in _refused(served, SERVE_AUTH="off", SERVE_LOG_LEVEL="loud")


def test_without_authentication_the_log_says_so(served: Project, row: dict[str, Any], tmp_path: Path) -> None:
    with running(served, tmp_path, ({}, ""), SERVE_AUTH="off") as service:
        assert service.ask("/predict", row, key=None)[0] == 200
        lines = [json.loads(line) for line in service.log.read_text().splitlines()]
    assert next(line["message"] for line in lines if line["level"] == "warning").startswith("SERVE_AUTH is off: ")


def test_on_its_own_machine_it_makes_a_key_for_itself(served: Project, tmp_path: Path) -> None:
    with running(served, tmp_path, ({}, "")) as service:
        text = service.log.read_text()
        command = shlex.split(next(line for line in text.splitlines() if line.startswith("  curl ")))
        answer = subprocess.run(command, capture_output=True, text=True, check=True, env={"PATH": os.environ["PATH"]})  # noqa: S603
        assert json.loads(answer.stdout)["model_version"] == "1"
        assert service.ask("/predict", {}, key=None)[0] == 401
        assert service.ask("/predict", {}, key="mlops_another")[0] == 401


def test_make_serve_exports_and_serves(served: Project, made: Keys, row: dict[str, Any], tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "log"
    given = served.environment | {"SERVE_API_KEYS": made[1], "SERVE_PREDICTION_LOG": str(tmp_path / "predictions")}
    with process(["make", "serve", f"PORT={port}"], port, log, given, served.path) as server:
        service = Service(port, server, log, tmp_path / "predictions", made[0])
        assert service.ask("/predict", row)[2]["model_version"] == "1"


def test_it_is_small_and_soon_ready(
    served: Project, made: Keys, row: dict[str, Any], tmp_path: Path, record_property: Any
) -> None:
    start = time.perf_counter()
    with running(served, tmp_path, made) as service:
        while service.ask("/health/ready")[0] != 200:
            assert time.perf_counter() - start < START
        ready = time.perf_counter() - start
        asyncio.run(under_load(service, 8, row, 5))
        asyncio.run(under_load(service, 4, [row] * 100, 5))
        status = Path(f"/proc/{service.process.pid}/status").read_text()
    resident = int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0]) / 1000
    record_property("ready_seconds", ready)
    record_property("resident_megabytes", resident)
    sys.stdout.write(f"ready after {ready:.2f} s, {resident:.0f} MB\n")
    assert ready < 10  # one second on a quiet machine; polled five times a second
    assert resident < 150
