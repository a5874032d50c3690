"""Attacks on the service as a process: spelled paths, hostile sizes, held connections, a full disk, a weak key."""

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pyarrow.dataset
import pyarrow.parquet
import pytest
from support.rendered_project import Project
from support.services.http_client import Service, keys, python
from support.services.monitored_project import monitor_several
from support.services.servers import free_port, serving

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("service")]
Keys = tuple[dict[str, str], str]
LARGE = 400  # rows
MEMORY = 256 * 2**20  # what compose.yaml and the manifests give it
SUFFIXES = (
    "%0A",
    "%0D",
    "%0D%0A",
    "%09",
    "%00",
    "%20",
    "%2F",
    "%5C",
    "%3B",
    "%7F",
    "%C2%85",
    "/",
    "//",
    "/.",
    ";",
    ".",
)


@pytest.fixture(scope="module")
def made(served: Project) -> Keys:
    """A key for each role, and their lines."""
    return keys(served)


@pytest.fixture(scope="module")
def row(served: Project) -> dict[str, Any]:
    """A row as the service's document shows it."""
    return dict(json.loads(served.read("models/served/bundle.json"))["example"])


@contextmanager
def attacked(served: Project, made: Keys, folder: Path, log: Path | None = None, **changed: Any) -> Iterator[Service]:
    """Runs the service with some values of `params.yaml` changed, until the block ends."""
    port, predictions = free_port(), log or folder / "predictions"
    params = served.read("params.yaml")
    for name, value in changed.items():
        params, count = re.subn(rf"(?m)^  {name}: \S+", f"  {name}: {json.dumps(value)}", params)
        assert count == 1, name
    (folder / "params.yaml").write_text(params, encoding="utf-8")
    given = {"SERVE_MODEL": str(served.path / "models/served"), "SERVE_API_KEYS": made[1]}
    given |= {"SERVE_PREDICTION_LOG": str(predictions), "PYTHONPATH": str(served.path / "src")}
    command = [python(served), "-m", f"{served.package}.mlops.serving", "--port", str(port)]
    with serving(command, port, folder / "log", served.environment | given, folder) as process:
        yield Service(port, process, folder / "log", predictions, made[0])


def rows_in(folder: Path) -> int:
    """Returns how many rows the prediction log has."""
    return int(pyarrow.dataset.dataset(folder, format="parquet").count_rows()) if any(folder.rglob("*.parquet")) else 0


def sent(service: Service, *pieces: bytes, seconds: float = 30) -> bytes:
    """Sends bytes and returns all that comes back until the service closes the connection."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=seconds) as connection:
        answer = b""
        with suppress(ConnectionError):
            for piece in pieces:
                connection.sendall(piece)
            while piece := connection.recv(65536):
                answer += piece
        return answer


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Waits until something holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def peak(service: Service) -> int:
    """Returns the peak resident memory of the service and of what it started, in bytes."""
    own = service.process.pid
    children = Path(f"/proc/{own}/task/{own}/children").read_text(encoding="utf-8").split()
    statuses = [Path(f"/proc/{each}/status").read_text(encoding="utf-8") for each in (own, *children)]
    return sum(int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) * 1024 for status in statuses)


@pytest.mark.capability("attacks on the service")
def test_a_role_hangs_on_the_route(served: Project, made: Keys, tmp_path: Path) -> None:
    with attacked(served, made, tmp_path) as service:
        paths = sorted(service.ask("/openapi.json")[2]["paths"])
        assert "/model/reload" in paths
        head = f"X-API-Key: {made[0]['predict']}\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        for path in (*paths, "/metrics"):
            for spelled in (*(path + suffix for suffix in SUFFIXES), f"/{path}", f"{path[:-1]}%{ord(path[-1]):02X}"):
                answer = sent(service, f"POST {spelled} HTTP/1.1\r\n{head}".encode())
                assert answer.startswith(b"HTTP/1.1 404 "), (spelled, answer)
        counted = service.measured("http_requests_total")
    assert not [labels for labels in counted if "reload" in labels]
    assert sum(number for labels, number in counted.items() if 'path="other"' in labels) > 100


@pytest.mark.capability("attacks on the service")
def test_hostile_sizes_do_not_kill_it(served: Project, made: Keys, row: dict[str, Any], tmp_path: Path) -> None:
    id_ = next(
        column["name"]
        for column in json.loads(served.read("models/served/bundle.json"))["columns"]
        if "id" in column["roles"]
    )
    texts = [name for name, value in row.items() if isinstance(value, str) and name != id_ and "T" not in value[10:11]]
    long = "x" * 256
    hostile = [
        row | {id_: "x" * 900_000},
        [row | {id_: long} | dict.fromkeys(texts, long)] * LARGE,
        row | {f"{number:x}": 1 for number in range(80_000)},
        row | {"surprise": [[1]] * 150_000},
        [row] * 1001,
    ]
    bodies = [json.dumps(body).encode() for body in hostile]
    assert max(map(len, bodies)) < 1_000_000
    with attacked(served, made, tmp_path) as service:
        honest = sum(service.ask("/predict", row)[0] == 200 for _ in range(200))
        assert honest == 200
        statuses = _crowd(service, bodies, requests=1000, connections=50)
        assert service.process.poll() is None
        assert service.ask("/predict", row)[0] == 200
        used = peak(service)
        assert set(statuses) <= {200, 413, 422, 429, 503}
        assert len(statuses) == 1000
        answered = honest + 1 + LARGE * statuses.count(200)
        service.process.terminate()
        assert service.process.wait(60) == 0
    lines = [json.loads(line) for line in (tmp_path / "log").read_text(encoding="utf-8").splitlines()]
    dropped = sum(line["rows"] for line in lines if "were dropped" in line["message"])
    assert rows_in(service.predictions) == answered - dropped
    assert used < MEMORY, used


def _crowd(service: Service, bodies: list[bytes], requests: int, connections: int) -> list[int]:
    """Sends so many requests over so many connections at once; returns their statuses."""
    statuses: list[int] = []
    left = iter(range(requests))

    async def client() -> None:
        for number in left:
            body = bodies[number % len(bodies)]
            head = f"POST /predict HTTP/1.1\r\nHost: x\r\nX-API-Key: {service.keys['predict']}\r\nConnection: close\r\n"
            reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
            with suppress(ConnectionError):
                writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
                statuses.append(int((await reader.readline()).split()[1]))
                await reader.read()
            writer.close()

    async def all_() -> None:
        await asyncio.gather(*(client() for _ in range(connections)))

    asyncio.run(all_())
    return statuses


@pytest.mark.capability("attacks on the service")
def test_heads_and_connections_are_bounded(served: Project, made: Keys, row: dict[str, Any], tmp_path: Path) -> None:
    with attacked(served, made, tmp_path, max_connections=100) as service:
        start = b"GET /health/live HTTP/1.1\r\nHost: x\r\n"
        # Who goes on sending may lose the answer with the connection.
        assert sent(service, start, b"X-Long: ", *[b"x" * 1_000_000] * 50)[:12] in (b"", b"HTTP/1.1 431")
        assert sent(service, start + b"X: y\r\n" * 10_000 + b"\r\n").startswith(b"HTTP/1.1 431 ")
        assert sent(service, b"GET /" + b"x" * 100_000).startswith(b"HTTP/1.1 431 ")
        assert sent(service, (start + b"\r\n") * 5_000).count(b"HTTP/1.1 200 ") <= 33
        trailers = b"POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n1\r\n0\r\nX: "
        begun = time.monotonic()
        sent(service, trailers, *[b"x" * 100_000] * 20)
        assert time.monotonic() - begun < 5

        # Nobody who only holds connections keeps others out; and each of them ends.
        keyed = f"POST /predict HTTP/1.1\r\nHost: x\r\nX-API-Key: {made[0]['predict']}\r\nContent-Length: 9\r\n\r\n"
        begun = time.monotonic()
        with ExitStack() as stack:
            held = []
            for piece in (b"", b"GET /mod", start, keyed.encode(), keyed.encode() + b"[") * 60:
                connection = stack.enter_context(socket.create_connection(("127.0.0.1", service.port), timeout=20))
                connection.sendall(piece)
                held.append(connection)
            assert service.ask("/predict", row)[0] == 200
            assert service.ask("/health/live")[0] == 200
            answers = []
            for connection in held:
                with suppress(ConnectionError):
                    answers.append(connection.recv(1000))
            assert time.monotonic() - begun < 15
        assert {answer.partition(b"\r\n")[0] for answer in answers} == {b"", b"HTTP/1.1 408 Request Timeout"}
        assert service.ask("/predict", row)[0] == 200


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    (tmp_path / "disk").mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(tmp_path / "disk")]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:  # noqa: S603
        pytest.skip("a small file system can't be mounted here")
    try:
        yield tmp_path / "disk"
    finally:
        subprocess.run(["umount", "--lazy", str(tmp_path / "disk")], check=True)  # noqa: S603, S607


@pytest.mark.capability("attacks on the service")
def test_a_full_disk_and_a_removed_folder_lose_no_row(
    served: Project, made: Keys, row: dict[str, Any], small_disk: Path, tmp_path: Path
) -> None:
    folder = small_disk / "predictions"
    with attacked(served, made, tmp_path, folder, prediction_log_seconds=0.2) as service:
        assert service.ask("/predict", [row] * 50)[0] == 200
        until(lambda: rows_in(folder) == 50)

        with suppress(OSError), (small_disk / "filling").open("wb") as filling:
            while True:
                filling.write(b"x" * 4096)
                filling.flush()
        assert service.ask("/predict", [row] * 50)[0] == 200
        until(lambda: "prediction_log" in service.ask("/health/ready")[2])
        assert service.measured("prediction_log_oldest_row_seconds")[""] > 0.5
        (small_disk / "filling").unlink()
        until(lambda: rows_in(folder) == 100)
        until(lambda: "prediction_log" not in service.ask("/health/ready")[2])

        shutil.rmtree(folder)
        assert service.ask("/predict", [row] * 50)[0] == 200
        until(lambda: rows_in(folder) == 50)
        until(lambda: service.measured("prediction_log_rows_total")[""] == 150)
        assert service.measured("prediction_log_dropped_rows_total")[""] == 0


@pytest.mark.capability("attacks on the service")
def test_sigkill_loses_what_was_answered_in_the_last_moment_only(
    served: Project, made: Keys, row: dict[str, Any], tmp_path: Path
) -> None:
    answered: list[float] = []
    with attacked(served, made, tmp_path) as service:
        while len(answered) < 300:
            assert service.ask("/predict", [row] * 10)[0] == 200
            answered.append(time.monotonic())
        os.killpg(service.process.pid, signal.SIGKILL)  # the process that writes the log too
        killed = time.monotonic()
    assert list(service.predictions.glob(".*.journal"))
    with attacked(served, made, tmp_path) as service:
        least = 10 * sum(moment < killed - 1 for moment in answered)
        until(lambda: rows_in(service.predictions) >= max(least, 1))
        until(lambda: not list(service.predictions.glob(".*.journal")))
        assert rows_in(service.predictions) <= 10 * len(answered)


@pytest.mark.capability("attacks on the service")
def test_one_request_id_neither_stops_the_monitor_nor_hides_drift(
    served: Project, made: Keys, row: dict[str, Any], tmp_path: Path
) -> None:
    with attacked(served, made, tmp_path, prediction_log_seconds=0.2) as service:
        answers = [service.ask("/predict", row, x_request_id="mine") for _ in range(400)]
        until(lambda: rows_in(service.predictions) == 400)
    assert {status for status, *_ in answers} == {200}
    assert {headers["x-client-request-id"] for _, headers, _ in answers} == {"mine"}
    assert len({headers["x-request-id"] for _, headers, _ in answers}) == 400
    log = pyarrow.dataset.dataset(service.predictions, format="parquet").to_table()
    assert log["_client_request_id"].unique().to_pylist() == ["mine"]
    assert sorted(log["_request_id"].to_pylist()) == sorted(said["request_id"] for *_, said in answers)
    # As 0.5.0 logged it.
    older = log.drop_columns(["_client_request_id"])
    older = older.set_column(older.column_names.index("_request_id"), "_request_id", pyarrow.array(["mine"] * 400))
    (tmp_path / "older").mkdir()
    pyarrow.parquet.write_table(older, tmp_path / "older/part.parquet")
    project = Project(tmp_path / "p", served.environment)
    shutil.copytree(served.path, project.path, symlinks=True)
    found = monitor_several(
        project, *(["--predictions", str(path)] for path in (service.predictions, tmp_path / "older"))
    )
    assert [said.code for said in found] == [10, 10], found


def test_the_hash_of_nothing_is_no_key(served: Project) -> None:
    nothing = "me:predict:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # pragma: allowlist secret
    command = [str(python(served)), "-m", f"{served.package}.mlops.serving", "--port", str(free_port())]
    done = served.run(*command, check=False, SERVE_API_KEYS=nothing)
    assert done.returncode == 2
    assert "refused: SERVE_API_KEYS: key 1 is the hash of an empty text" in done.stderr
