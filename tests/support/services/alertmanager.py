"""Prometheus, Alertmanager, Pushgateway and a webhook: the way of an alert, by the files of `deploy/prometheus`."""

import json
import queue
import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from support.rendered_project import Project
from support.services.servers import free_port, serving

TOOLS = ("prometheus", "promtool", "prometheus-alertmanager", "prometheus-pushgateway")
RULES = "deploy/prometheus/alerts.yml"
PLAIN = {"PATH": "/usr/bin:/bin"}


@contextmanager
def webhook() -> Iterator[tuple[int, queue.Queue[dict[str, Any]]]]:
    """Listens for what Alertmanager sends."""
    arrived: queue.Queue[dict[str, Any]] = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            arrived.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1], arrived
    finally:
        server.shutdown()
        thread.join()


def configured(project: Project, folder: Path, name: str, places: dict[str, str]) -> Path:
    """Writes a file of `deploy/prometheus` with other addresses and times; each must be there."""
    text = project.read(f"deploy/prometheus/{name}")
    for old, new in places.items():
        assert old in text, old
        text = text.replace(old, new)
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


@contextmanager
def alerting(project: Project, folder: Path) -> Iterator[tuple[str, queue.Queue[dict[str, Any]]]]:
    """Runs the servers until the block ends; yields the address of the Pushgateway, and what arrives at the webhook."""
    ports = {name: free_port() for name in ("prometheus", "alertmanager", "pushgateway")}
    at = {name: f"127.0.0.1:{port}" for name, port in ports.items()}
    seconds = {"scrape_interval: 15s": "scrape_interval: 1s", "evaluation_interval: 15s": "evaluation_interval: 1s"}
    targets = {"pushgateway:9091": at["pushgateway"], "alertmanager:9093": at["alertmanager"]}
    shutil.copy(project.path / RULES, folder)
    with webhook() as (port, arrived), ExitStack() as running:
        told = {"http://webhook:8080/": f"http://127.0.0.1:{port}/", "group_wait: 30s": "group_wait: 1s"}
        receiver = configured(project, folder, "alertmanager.yml", told)
        scraper = configured(project, folder, "prometheus.yml", targets | seconds)
        options = {
            "pushgateway": ["prometheus-pushgateway"],
            "alertmanager": [
                *("prometheus-alertmanager", f"--config.file={receiver}", "--cluster.listen-address="),
                f"--storage.path={folder / 'alertmanager'}",
            ],
            "prometheus": [
                *("prometheus", f"--config.file={scraper}", f"--storage.tsdb.path={folder / 'prometheus'}"),
            ],
        }
        for name, command in options.items():
            address = f"--web.listen-address={at[name]}"
            running.enter_context(serving([*command, address], ports[name], folder / f"{name}.log", PLAIN))
        yield f"http://{at['pushgateway']}", arrived


def until(arrived: "queue.Queue[dict[str, Any]]", name: str, status: str) -> dict[str, Any]:
    """Waits for an alert; others may come before it."""
    while True:
        for alert in arrived.get(timeout=60)["alerts"]:
            if (alert["labels"]["alertname"], alert["status"]) == (name, status):
                found: dict[str, Any] = alert
                return found
