"""Servers of the tests: on 127.0.0.1, on a free port, ended with the test, whatever they or their children do."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

START = 120  # seconds
# What to change in which file for features that are read from Redis.
REDIS = (
    "feature_repo/feature_store.yaml",
    "type: sqlite\n  path: ../data/features/online.db",
    "type: redis\n  connection_string: ${FEATURE_STORE_REDIS}",
)


def free_port() -> int:
    """Returns a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(
    command: Sequence[str | Path], port: int, log: Path, environment: dict[str, str], folder: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a server until the block ends, and yields its process.

    Args:
        command: The server and its arguments.
        port: Where it will listen.
        log: File for what it prints; a server that doesn't start fails the test with its end.
        environment: Its environment.
        folder: Where it runs; without it, here.
    """
    with log.open("w") as output:
        server = subprocess.Popen(  # noqa: S603
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait_for(port, server, log)
            yield server
        finally:
            with suppress(ProcessLookupError):  # a test may have ended it
                os.killpg(server.pid, signal.SIGKILL)  # its workers too: a polite server waits for open connections
            server.wait(timeout=60)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[int]:
    """An empty Redis, by its port."""
    server = shutil.which("redis-server")
    if server is None:
        pytest.skip("features are brought into a real Redis: install redis-server")
    port = free_port()
    command = [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    with serving(command, port, tmp_path / "redis.log", dict(os.environ)):
        yield port


def _wait_for(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    pytest.fail(f"the server at port {port} did not start: {log.read_text(errors='replace')[-2000:]}")
