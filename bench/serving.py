"""The service against other ways to serve the same model: same rows, one worker each, loaded by wrk.

`uv run python bench/serving.py`, with wrk installed. The service validates, asks for a key, measures and logs its
predictions; the others do what they do by default, in environments of their own.
"""

import hashlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import copier
import projects

SERVERS = Path(__file__).resolve().parent / "servers"
DATE = "2026-11-20T00:00:00Z"  # of the packages, as in the projects
MODEL = ("scikit-learn>=1.9,<1.10", "skops>=0.16,<0.17", "pandas>=3.0,<3.1")
SIZES, CONNECTIONS = (1, 100), (1, 8)
WARM_UP, SECONDS = 2, 6
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
from {projects.PACKAGE} import contract, features
contract = contract.load()
table = pq.read_table("data/test.parquet").select([c.name for c in contract.columns if c.name != contract.target.name])
rows = [row for row in table.to_pylist() if None not in row.values()][:{max(SIZES)}]
kept = features.frame(table, contract).dropna()[:{max(SIZES)}]
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
    """What a server took: seconds until it answered, peak MB of its processes, and the load's figures."""

    ready: float = 0.0
    megabytes: float = 0.0
    loads: dict[tuple[int, int], dict[str, float]] = field(default_factory=dict)


def tree(root: int) -> list[int]:
    """Returns a process and all that it started."""
    children = Path(f"/proc/{root}/task/{root}/children")
    try:
        found = [int(child) for child in children.read_text(encoding="utf-8").split()]
    except OSError:
        return []
    return [root, *(each for child in found for each in tree(child))]


def resident(root: int) -> float:
    """Returns the resident memory of a process and all that it started, in MB."""
    pages = 0
    for process in tree(root):
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
            env=projects.environment() | DEFAULTS | server.values,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):  # it ended by itself
            os.killpg(process.pid, signal.SIGKILL)
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


def measure(server: Server, raw: list[Any], framed: list[Any], folder: Path) -> Measured:
    """Starts a server, waits for its first answer, loads it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url, found = f"http://127.0.0.1:{port}{server.path}", Measured()
    log, stop = folder / "log", threading.Event()
    start = time.perf_counter()
    with running(server, port, log) as process:
        while not answered(url, server.body(raw, framed, 1), server.key):
            if process.poll() is not None or time.perf_counter() - start > 120:
                sys.exit(f"{server.name} did not start:\n{log.read_text(errors='replace')[-3000:]}")
            time.sleep(0.01)
        found.ready = time.perf_counter() - start

        def watch() -> None:
            while not stop.wait(0.1):
                found.megabytes = max(found.megabytes, resident(process.pid))

        watcher = threading.Thread(target=watch)
        watcher.start()
        for size in SIZES:
            body = folder / "body.json"
            body.write_bytes(server.body(raw, framed, size))
            loaded(url, body, server.key, CONNECTIONS[-1], WARM_UP)
            for connections in CONNECTIONS:
                found.loads[size, connections] = loaded(url, body, server.key, connections, SECONDS)
        stop.set()
        watcher.join()
    return found


def alone(python: Path, model: Path, framed: list[Any], folder: Path) -> Measured:
    """Measures the pipeline without HTTP."""
    found, rows = Measured(), folder / "framed.json"
    for size in SIZES:
        rows.write_text(json.dumps(framed[:size]), encoding="utf-8")
        command = [python, SERVERS / "raw.py", rows, str(SECONDS)]
        environment = os.environ | DEFAULTS | {"MODEL": str(model)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)  # noqa: S603
        found.loads[size, 1] = json.loads(done.stdout)
    return found


def environment(folder: Path, *packages: str) -> Path:
    """Makes an environment with some packages; returns its folder of programs."""
    projects.measure(folder.parent, "uv", "venv", "--quiet", "--python", sys.executable, str(folder))
    python = ["--python", str(folder / "bin/python"), "--exclude-newer", DATE, "--compile-bytecode"]
    projects.measure(folder.parent, "uv", "pip", "install", "--quiet", *python, *packages)
    return folder / "bin"


def ready(folder: Path) -> Path:
    """Renders a project that serves, trains and exports its model."""
    answers = {"maturity": "intermediate"}
    copier.run_copy(str(projects.TEMPLATE), folder, data=answers, defaults=True, quiet=True, vcs_ref="HEAD")
    projects.measure(folder, "make", "setup")
    projects.measure(folder, "git", "add", "--all")
    projects.measure(folder, "git", "commit", "--quiet", "--no-verify", "--message", "first")
    projects.measure(folder, "make", "run")
    projects.measure(folder, "make", "export")
    return folder


def servers(parent: Path, project: Path) -> Iterator[Server]:
    """Yields the servers, each when its environment is there."""
    key, own = secrets.token_hex(16), parent / "own"
    digest = hashlib.sha256(key.encode()).hexdigest()
    sync = ["uv", "sync", "--locked", "--only-group", "serve", "--no-install-project", "--compile-bytecode"]
    projects.measure(project, "env", f"UV_PROJECT_ENVIRONMENT={own}", *sync)
    values = {"PYTHONPATH": str(project / "src"), "SERVE_API_KEYS": f"bench:predict:{digest}"}
    values |= {"SERVE_PREDICTION_LOG": str(parent / "predictions")}
    command = (own / "bin/python", "-m", f"{projects.PACKAGE}.serve", "--port", "PORT")
    yield Server("this service", command, wrap=None, raw=True, folder=project, values=values, key=key)
    bare = (own / "bin/uvicorn", "bare:app", "--port", "PORT", "--log-level", "warning", "--no-access-log")
    yield Server("bare FastAPI endpoint, no model", bare, wrap=None)
    uri = {"PATH": f"{project}/.venv/bin:{os.environ['PATH']}"}
    logged = next(project.glob("mlruns/**/MLmodel")).parent
    mlflow = (project / ".venv/bin/mlflow", "models", "serve", "-m", logged, "--env-manager", "local", "--port", "PORT")
    yield Server("mlflow models serve", mlflow, "/invocations", "dataframe_records", folder=project, values=uri)
    model = {"MODEL": str(project / "models/model.skops")}
    lit = environment(parent / "lit", "litserve>=0.2.19,<0.3", *MODEL)
    yield Server("LitServe", (lit / "python", "lit.py", "PORT"), values=model)
    bento = environment(parent / "bento", "bentoml>=1.4.40,<2", *MODEL)
    home = {"BENTOML_HOME": str(parent / "bento-home"), "PATH": f"{bento}:{os.environ['PATH']}"}
    command = (bento / "bentoml", "serve", "bento:Service", "--host", "127.0.0.1", "--port", "PORT")
    yield Server("BentoML", command, values=model | home)


def tables(found: dict[str, Measured]) -> str:
    """Returns the tables, ratios against `mlflow models serve`."""
    text, reference = "", found["mlflow models serve"]
    for size in SIZES:
        heads = [f"{c} conn., req/s | p50, ms | p99, ms | x MLflow" for c in CONNECTIONS]
        text += f"\n| {'single rows' if size == 1 else f'batches of {size}'} | {' | '.join(heads)} |\n"
        text += f"|---|{'---:|' * 4 * len(CONNECTIONS)}\n"
        for name, each in found.items():
            cells = []
            for connections in CONNECTIONS:
                load = each.loads.get((size, connections))
                ratio = load["rate"] / reference.loads[size, connections]["rate"] if load else 0
                row = (
                    f"{load['rate']:,.0f} | {load['p50']:.2f} | {load['p99']:.2f} | {ratio:.1f}" if load else " | | | "
                )
                cells.append(row)
            text += f"| {name} | {' | '.join(cells)} |\n"
    text += "\n| server | first answer, s | peak memory, MB |\n|---|---:|---:|\n"
    rows = [f"| {name} | {each.ready:.2f} | {each.megabytes:.0f} |\n" for name, each in found.items() if each.ready]
    return text + "".join(rows)


def main() -> None:
    """Prints Markdown tables."""
    if not shutil.which("wrk"):
        sys.exit("refused: there is no wrk: apt-get install wrk")
    with tempfile.TemporaryDirectory() as temporary:
        parent = Path(temporary)
        project = ready(parent / "p")
        projects.measure(project, "uv", "run", "python", "-c", ROWS, str(parent / "rows.json"))
        raw, framed = json.loads((parent / "rows.json").read_text(encoding="utf-8"))
        found: dict[str, Measured] = {}
        for server in servers(parent, project):
            sys.stderr.write(f"{server.name} ...\n")
            found[server.name] = measure(server, raw, framed, parent)
        python, model = parent / "lit/bin/python", project / "models/model.skops"
        found["the pipeline alone, no HTTP"] = alone(python, model, framed, parent)
    sys.stdout.write(tables(found).lstrip("\n"))


if __name__ == "__main__":
    main()
