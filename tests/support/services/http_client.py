"""Asks the service of a project: one request at a time, or from many connections at once."""

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from typing import Any

from support.rendered_project import Project
from support.services.servers import free_port, serving


@dataclass(frozen=True)
class Service:
    """A running service, and the keys that it accepts."""

    port: int
    process: Popen[bytes]
    log: Path
    predictions: Path
    keys: dict[str, str]

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, path: str, body: Any = None, *, key: str | None = "predict", method: str | None = None, **headers: str
    ) -> tuple[int, dict[str, str], Any]:
        """Sends a request; returns status, headers (lower-case), and the body: as JSON where it is."""
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        given = {"Content-Type": "application/json"} | {name.replace("_", "-"): text for name, text in headers.items()}
        if key:
            given["X-API-Key"] = self.keys.get(key, key)
        request = urllib.request.Request(self.url + path, content, given, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=120) as response:  # noqa: S310
                status, found, text = response.status, response.headers, response.read()
        except urllib.error.HTTPError as error:
            status, found, text = error.code, error.headers, error.read()
        said = {name.lower(): value for name, value in found.items()}
        return status, said, json.loads(text) if "json" in said.get("content-type", "") else text.decode()

    def measured(self, name: str) -> dict[str, float]:
        """Returns a metric: its value by its labels, as they are written."""
        lines = [line for line in self.ask("/metrics")[2].splitlines() if line.startswith(f"{name}{{")]
        lines += [line for line in self.ask("/metrics")[2].splitlines() if line.startswith(f"{name} ")]
        return {line.rpartition(" ")[0].removeprefix(name): float(line.rpartition(" ")[2]) for line in lines}


def python(project: Project) -> Path:
    """Makes the environment the project's, and returns its Python: `uv run` would stand before the process."""
    project.run("uv", "sync", "--quiet")
    return Path(project.environment["UV_PROJECT_ENVIRONMENT"]) / "bin/python"


def keys(project: Project) -> tuple[dict[str, str], str]:
    """Makes a key for each role; returns them, and the lines that the service is given."""
    made, lines = {}, []
    for role in ("predict", "admin"):
        said = project.make("key", f"NAME={role}-client", f"ROLE={role}").stdout.splitlines()
        made[role] = next(said[n + 1] for n, line in enumerate(said) if line.startswith("key, shown only now"))
        lines.append(next(line for line in said if line.startswith(f"{role}-client:{role}:")))
    return made, ",".join(lines)


@contextmanager
def running(
    project: Project,
    folder: Path,
    made: tuple[dict[str, str], str],
    *arguments: str,
    module: str = "mlops.serving",
    **environment: str,
) -> Iterator[Service]:
    """Runs the service, or that of the feature store, until the block ends; log and predictions go into the folder."""
    port, log, predictions = free_port(), folder / "service.log", folder / "predictions"
    given = project.environment | {"SERVE_API_KEYS": made[1], "SERVE_PREDICTION_LOG": str(predictions)} | environment
    command = [python(project), "-m", f"{project.package}.{module}", "--port", str(port), *arguments]
    with serving(command, port, log, given, project.path) as process:
        yield Service(port, process, log, predictions, made[0])


@dataclass
class Load:
    """What connections saw that ask one after the other.

    Attributes:
        answered: Ids of the requests with status 200.
        others: Status by id of the requests that were answered with another one.
        lost: Ids of the requests that were sent and not answered.
        seconds: How long each of the answered took.
    """

    answered: list[str] = field(default_factory=list)
    others: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def p99(self) -> float:
        """The 99th percentile of the answered, in seconds."""
        return sorted(self.seconds)[int(len(self.seconds) * 0.99)]


async def _connection(service: Service, number: int, body: bytes, until: asyncio.Event, load: Load) -> None:
    reader: asyncio.StreamReader | None = None
    count = 0
    while not until.is_set():
        if reader is None:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
            except ConnectionError:  # it does not listen any more, so nothing was accepted
                return
        count += 1
        name = f"c{number}-{count}"
        head = f"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Request-ID: {name}\r\n"
        head += f"X-API-Key: {service.keys['predict']}\r\nContent-Length: {len(body)}\r\n\r\n"
        start = time.perf_counter()
        try:
            writer.write(head.encode() + body)
            answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            size = int(answer.partition("content-length: ")[2].partition("\r\n")[0])
            await reader.readexactly(size)
        except (ConnectionError, asyncio.IncompleteReadError):
            load.lost.append(name)
            reader = None
            continue
        status = int(answer[9:12])
        if status == 200:
            load.answered.append(name)
            load.seconds.append(time.perf_counter() - start)
        else:
            load.others[name] = status
        if "connection: close" in answer:
            writer.close()
            reader = None


async def under_load(service: Service, connections: int, body: Any, seconds: float, then: Any = None) -> Load:
    """Asks from many connections for some seconds, then calls `then` and waits until nobody can be asked any more."""
    load, until, content = Load(), asyncio.Event(), json.dumps(body).encode()
    tasks = [asyncio.create_task(_connection(service, n, content, until, load)) for n in range(connections)]
    await asyncio.sleep(seconds)
    if then:
        then()
    else:
        until.set()
    await asyncio.wait_for(asyncio.gather(*tasks), 60)
    return load
