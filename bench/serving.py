"""The service against other ways to serve the same model: same rows, one worker each, loaded by wrk in rounds.

`uv run python bench/serving.py`, with wrk installed. The service validates, asks for a key, measures and logs its
predictions; the others do what they do by default, in environments of their own.
"""

import hashlib
import itertools
import json
import os
import re
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import copier
import measured_projects
import process_groups

SERVERS = Path(__file__).resolve().parent / "servers"
DATE = "2026-11-20T00:00:00Z"  # of the packages, as in the projects
MODEL = ("scikit-learn>=1.9,<1.10", "skops>=0.16,<0.17", "pandas>=3.0,<3.1")
SIZES, CONNECTIONS = (1, 100), (1, 8)
STARTS, ROUNDS = 3, 3
WARM_UP, SECONDS = 1, 4  # of each load
MLFLOW, ALONE = "mlflow models serve", "the pipeline alone, no HTTP"
# One thread for the model: with more, each of the others answers a single row more slowly.
DEFAULTS = {
    "OMP_NUM_THREADS": "1",
    "BENTOML_DO_NOT_TRACK": "True",
    "DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}
# Complete held-out rows: as the contract has them, and as the pipeline's frame has them.
ROWS = f"""
import json, sys
import pyarrow.parquet as pq
from {measured_projects.PACKAGE} import frame, project
contract = project.contract()
table = pq.read_table("data/test.parquet").select([c.name for c in contract.columns if c.name != contract.target.name])
rows = [row for row in table.to_pylist() if None not in row.values()][:{max(SIZES)}]
kept = frame.feature_frame(table, contract).dropna()[:{max(SIZES)}]
text = json.dumps([rows, kept.to_dict("records")], default=lambda time: time.isoformat())
open(sys.argv[1], "w").write(text)
"""


@dataclass(frozen=True)
class Server:
    """A way to serve the model.

    Attributes:
        name: In the tables.
        command: Starts it; `PORT` in it becomes the port.
        path: Where it takes rows.
        wrap: What the rows are called in the body; none where the body is the rows themselves.
        raw: Whether it takes the rows as the contract has them, or else as the pipeline's frame has them.
        folder: Where it runs.
        values: What it needs in its environment.
        key: The API key.
    """

    name: str
    command: tuple[str | Path, ...]
    path: str = "/predict"
    wrap: str | None = "rows"
    raw: bool = False
    folder: Path = SERVERS
    values: dict[str, str] = field(default_factory=dict)
    key: str = "none"

    def body(self, raw: list[dict[str, Any]], framed: list[dict[str, Any]], size: int) -> bytes:
        """Returns a request of so many rows."""
        rows = (raw if self.raw else framed)[:size]
        found: Any = rows if self.wrap is None else {self.wrap: rows}
        return json.dumps(found[0] if self.wrap is None and size == 1 else found).encode()


@dataclass
class Measured:
    """What a server took: seconds to its first answer at each start, peak MB of its processes, figures of each load."""

    starts: list[float] = field(default_factory=list)
    megabytes: float = 0.0
    loads: dict[tuple[int, int], list[dict[str, float]]] = field(default_factory=dict)

    def load(self, size: int, connections: int) -> dict[str, float] | None:
        """Returns the medians of a load over all rounds, or None where there was none."""
        rounds = self.loads.get((size, connections))
        return {name: statistics.median(each[name] for each in rounds) for name in rounds[0]} if rounds else None


def resident(root: int) -> float:
    """Returns the resident memory of a process and all that it started, in MB."""
    pages = 0
    for process in process_groups.tree(root):
        try:
            pages += int(Path(f"/proc/{process}/statm").read_text(encoding="utf-8").split()[1])
        except OSError:
            continue  # it has ended
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def answered(url: str, body: bytes, key: str) -> bool:
    """Whether a request is answered as it should be; exits where the server refuses it."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    request = urllib.request.Request(url, body, headers)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
            return bool(response.status == 200)
    except urllib.error.HTTPError as error:
        if error.code in (404, 503):
            return False
        sys.exit(f"{url} answered {error.code}: {error.read()[:500]!r}")
    except OSError:
        return False


@contextmanager
def running(server: Server, port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a server until the block ends."""
    command = [str(word).replace("PORT", str(port)) for word in server.command]
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603
            command,
            cwd=server.folder,
            env=measured_projects.environment() | DEFAULTS | server.values,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process_groups.end(process.pid)
        process.wait()


def loaded(url: str, body: Path, key: str, connections: int, seconds: int) -> dict[str, float]:
    """Loads a server with wrk, and returns requests a second, p50 and p99 in ms; exits where an answer is wrong."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", SERVERS / "post.lua", url]
    environment = os.environ | {"BODY": str(body), "AUTHORIZATION": f"Bearer {key}"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    if found.pop("bad"):
        sys.exit(f"{url} failed under load:\n{done.stdout}")
    return found


@dataclass(frozen=True)
class Running:
    """A server that runs: its process, and where it takes rows."""

    server: Server
    process: subprocess.Popen[bytes]
    url: str


@contextmanager
def started(server: Server, body: bytes, log: Path, found: Measured) -> Iterator[Running]:
    """Starts a server and waits for its first answer."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url, start = f"http://127.0.0.1:{port}{server.path}", time.perf_counter()
    with running(server, port, log) as process:
        while not answered(url, body, server.key):
            if process.poll() is not None or time.perf_counter() - start > 180:
                sys.exit(f"{server.name} did not start:\n{log.read_text(errors='replace')[-3000:]}")
            time.sleep(0.01)
        found.starts.append(time.perf_counter() - start)
        yield Running(server, process, url)


def measure(each: Running, body: Path, connections: int) -> tuple[dict[str, float], float]:
    """Loads a server; returns the figures, and the peak memory meanwhile."""
    peak, stop = resident(each.process.pid), threading.Event()

    def watch() -> None:
        nonlocal peak
        while not stop.wait(0.1):
            peak = max(peak, resident(each.process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    loaded(each.url, body, each.server.key, connections, WARM_UP)
    figures = loaded(each.url, body, each.server.key, connections, SECONDS)
    stop.set()
    watcher.join()
    return figures, peak


def alone(python: Path, model: Path, rows: Path) -> dict[str, float]:
    """Measures the pipeline without HTTP."""
    command = [python, SERVERS / "raw.py", rows, str(SECONDS)]
    environment = os.environ | DEFAULTS | {"MODEL": str(model)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    return dict(json.loads(done.stdout))


def compare(
    contenders: list[Server], raw: list[Any], framed: list[Any], folder: Path, model: Path
) -> dict[str, Measured]:
    """Starts all servers, then loads one after the other, in rounds: so a busy minute of the machine is everybody's."""
    found = {each.name: Measured() for each in contenders}
    found[ALONE] = Measured()
    with ExitStack() as stack:
        lives: list[Running] = []
        for number, server in enumerate(contenders):
            body, log = server.body(raw, framed, 1), folder / f"log{number}"
            for _ in range(STARTS - 1):
                with started(server, body, log, found[server.name]):
                    pass
            lives.append(stack.enter_context(started(server, body, log, found[server.name])))
        for turn, size, connections in itertools.product(range(ROUNDS), SIZES, CONNECTIONS):
            sys.stderr.write(f"round {turn + 1} of {ROUNDS}: {size} rows, {connections} connections\n")
            for each in lives:
                file = folder / "body.json"
                file.write_bytes(each.server.body(raw, framed, size))
                figures, peak = measure(each, file, connections)
                mine = found[each.server.name]
                mine.loads.setdefault((size, connections), []).append(figures)
                mine.megabytes = max(mine.megabytes, peak)
            if connections == 1:
                file.write_text(json.dumps(framed[:size]), encoding="utf-8")
                found[ALONE].loads.setdefault((size, 1), []).append(alone(folder / "lit/bin/python", model, file))
    return found


def environment(folder: Path, *packages: str) -> Path:
    """Makes an environment with some packages; returns its folder of programs."""
    measured_projects.measure(folder.parent, "uv", "venv", "--quiet", "--python", sys.executable, str(folder))
    python = ["--python", str(folder / "bin/python"), "--exclude-newer", DATE, "--compile-bytecode"]
    measured_projects.measure(folder.parent, "uv", "pip", "install", "--quiet", *python, *packages)
    return folder / "bin"


def ready(folder: Path) -> Path:
    """Renders a project that serves, trains and exports its model."""
    answers = {"maturity": "intermediate"}
    copier.run_copy(str(measured_projects.TEMPLATE), folder, data=answers, defaults=True, quiet=True, vcs_ref="HEAD")
    params = folder / "params.yaml"  # one key asks as much as it can
    text = re.sub(r"rows_per_second: \d+", "rows_per_second: null", params.read_text(encoding="utf-8"))
    params.write_text(text, encoding="utf-8")
    measured_projects.measure(folder, "make", "setup")
    measured_projects.measure(folder, "git", "add", "--all")
    measured_projects.measure(folder, "git", "commit", "--quiet", "--no-verify", "--message", "first")
    measured_projects.measure(folder, "make", "run")
    measured_projects.measure(folder, "make", "export")
    return folder


def servers(parent: Path, project: Path) -> Iterator[Server]:
    """Yields the servers, and makes their environments."""
    key, own = secrets.token_hex(16), parent / "own"
    digest = hashlib.sha256(key.encode()).hexdigest()
    sync = ["uv", "sync", "--locked", "--only-group", "serve", "--no-install-project", "--compile-bytecode"]
    measured_projects.measure(project, "env", f"UV_PROJECT_ENVIRONMENT={own}", *sync)
    values = {"PYTHONPATH": str(project / "src"), "SERVE_API_KEYS": f"bench:predict:{digest}"}
    values |= {"SERVE_PREDICTION_LOG": str(parent / "predictions")}
    command = (own / "bin/python", "-m", f"{measured_projects.PACKAGE}.serve", "--port", "PORT")
    yield Server("this service", command, wrap=None, raw=True, folder=project, values=values, key=key)
    bare = (own / "bin/uvicorn", "bare:app", "--port", "PORT", "--log-level", "warning", "--no-access-log")
    yield Server("bare FastAPI endpoint, no model", bare, wrap=None)
    uri = {"PATH": f"{project}/.venv/bin:{os.environ['PATH']}"}
    logged = next(project.glob("mlruns/**/MLmodel")).parent
    mlflow = (project / ".venv/bin/mlflow", "models", "serve", "-m", logged, "--env-manager", "local", "--port", "PORT")
    yield Server(MLFLOW, mlflow, "/invocations", "dataframe_records", folder=project, values=uri)
    model = {"MODEL": str(project / "models/model.skops")}
    lit = environment(parent / "lit", "litserve>=0.2.19,<0.3", *MODEL)
    yield Server("LitServe", (lit / "python", "lit.py", "PORT"), values=model)
    bento = environment(parent / "bento", "bentoml>=1.4.40,<2", *MODEL)
    home = {"BENTOML_HOME": str(parent / "bento-home"), "PATH": f"{bento}:{os.environ['PATH']}"}
    command = (bento / "bentoml", "serve", "bento:Service", "--host", "127.0.0.1", "--port", "PORT")
    yield Server("BentoML", command, values=model | home)


def tables(found: dict[str, Measured]) -> str:
    """Returns the tables, ratios against `mlflow models serve`."""
    text, reference = "", found[MLFLOW]
    for size in SIZES:
        heads = [f"{c} conn., req/s | p50, ms | p99, ms | x MLflow" for c in CONNECTIONS]
        text += f"\n| {'single rows' if size == 1 else f'batches of {size}'} | {' | '.join(heads)} |\n"
        text += f"|---|{'---:|' * 4 * len(CONNECTIONS)}\n"
        for name, each in found.items():
            cells = []
            for connections in CONNECTIONS:
                load, base = each.load(size, connections), reference.load(size, connections)
                ratio = load["rate"] / base["rate"] if load and base else 0
                row = f"{load['rate']:,.0f} | {load['p50']:.2f} | {load['p99']:.2f} | {ratio:.1f}" if load else "| | |"
                cells.append(row)
            text += f"| {name} | {' | '.join(cells)} |\n"
    text += "\n| server | first answer, s | peak memory, MB |\n|---|---:|---:|\n"
    rows = [(name, each) for name, each in found.items() if each.starts]
    return text + "".join(f"| {name} | {statistics.median(e.starts):.2f} | {e.megabytes:.0f} |\n" for name, e in rows)


def main() -> None:
    """Prints Markdown tables."""
    if not shutil.which("wrk"):
        sys.exit("refused: there is no wrk: apt-get install wrk")
    with tempfile.TemporaryDirectory() as temporary:
        parent = Path(temporary)
        project = ready(parent / "p")
        measured_projects.measure(project, "uv", "run", "python", "-c", ROWS, str(parent / "rows.json"))
        raw, framed = json.loads((parent / "rows.json").read_text(encoding="utf-8"))
        contenders = list(servers(parent, project))
        found = compare(contenders, raw, framed, parent, project / "models/model.skops")
    sys.stdout.write(tables(found).lstrip("\n"))


if __name__ == "__main__":
    main()
