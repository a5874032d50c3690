"""nginx, which divides the traffic by weight as the cluster's gateway does, and clients that ask all the time."""

import http.client
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from typing import Any

from support.services.servers import free_port, serving

CLIENTS, RATE = 8, 200  # how many ask, and together how often a second
# `user root` and the folders: it runs as whoever tests, and writes nothing outside the test's folder.
CONFIGURATION = """
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log;
events {{ worker_connections 512; }}
http {{
  access_log off;
  keepalive_timeout 0;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  split_clients "$request_id" $version {{ {split} }}
  upstream stable {{ server 127.0.0.1:{stable}; }}
  upstream canary {{ server 127.0.0.1:{canary}; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://$version;
      add_header X-Version $version always;
    }}
  }}
}}
"""


@dataclass
class Balancer:
    """nginx in front of the stable version and a new one."""

    folder: Path
    port: int
    stable: int
    canary: int
    weight: int = 0
    process: Popen[bytes] | None = None

    def write(self) -> Path:
        """Writes the configuration."""
        split = {0: "* stable;", 100: "* canary;"}.get(self.weight, f"{self.weight}% canary; * stable;")
        user = "user root;" if os.geteuid() == 0 else ""
        text = CONFIGURATION.format(
            folder=self.folder, split=split, stable=self.stable, canary=self.canary, port=self.port, user=user
        )
        path = self.folder / "nginx.conf"
        path.write_text(text, encoding="utf-8")
        return path

    def weigh(self, weight: int) -> None:
        """Gives the new version so many per cent of the requests that begin from now on."""
        self.weight = weight
        self.write()
        assert self.process
        os.kill(self.process.pid, signal.SIGHUP)


@contextmanager
def balancing(folder: Path, stable: int, canary: int) -> Iterator[Balancer]:
    """Runs nginx until the block ends; at first all traffic goes to the stable version."""
    folder.mkdir(exist_ok=True)
    balancer = Balancer(folder, free_port(), stable, canary)
    command = ["nginx", "-c", balancer.write(), "-e", folder / "nginx-start.log"]
    with serving(command, balancer.port, folder / "nginx.log", {"PATH": "/usr/sbin:/usr/bin:/bin"}) as process:
        balancer.process = process
        yield balancer


@dataclass(frozen=True)
class Answer:
    """One request: when it was sent and answered, by which version, with which status."""

    sent: float
    answered: float
    version: str
    status: int


@dataclass
class Traffic:
    """Clients that ask at a steady rate, and what they were answered."""

    port: int
    bodies: list[bytes]
    key: str
    answers: list[Answer] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def ask(self, number: int) -> Answer:
        """Sends a request."""
        sent = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            headers = {"Content-Type": "application/json", "X-API-Key": self.key}
            connection.request("POST", "/predict", self.bodies[number % len(self.bodies)], headers)
            response = connection.getresponse()
            response.read()
            return Answer(sent, time.monotonic(), response.headers["X-Version"], response.status)
        finally:
            connection.close()

    def run(self, client: int) -> None:
        """Asks until it is told to stop; a request that is lost is kept as a failure."""
        number, due = client, time.monotonic()
        while not self.stopping.is_set():
            try:
                self.answers.append(self.ask(number))
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(error)
            number += CLIENTS
            due = max(due + CLIENTS / RATE, time.monotonic() - 1)  # what fell behind is not caught up at once
            self.stopping.wait(max(0.0, due - time.monotonic()))


@contextmanager
def asking(port: int, rows: list[dict[str, Any]], key: str) -> Iterator[Traffic]:
    """Asks until the block ends, ten rows at a time; a lost request fails the test."""
    bodies = [json.dumps(rows[start : start + 10]).encode() for start in range(0, len(rows), 10)]
    traffic = Traffic(port, bodies, key)
    threads = [threading.Thread(target=traffic.run, args=[client]) for client in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        yield traffic
    finally:
        traffic.stopping.set()
        for thread in threads:
            thread.join(60)
    assert not traffic.failures, traffic.failures[0]
