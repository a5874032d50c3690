"""The dashboard and the page of the monitor: a real Prometheus answers every query, a real browser shows the page.

The service's part of the numbers comes from `exposition.prom`, where `{60}` is a counter that grows by 60 a second.
"""

import json
import re
import shutil
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.rendered_project import ROOT, Project
from support.services.monitored_project import monitor
from support.services.servers import free_port, serving

pytestmark = pytest.mark.e2e
SERVICE = (ROOT / "tests/data/exposition.prom").read_text(encoding="utf-8")
DASHBOARD = "deploy/grafana/dashboards/model.json"
ENVIRONMENT = {"PATH": "/usr/bin:/bin"}


@contextmanager
def exposing(*texts: str) -> Iterator[int]:
    """Serves numbers as a service does, each request later with higher counters."""
    begin = time.monotonic()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            age = time.monotonic() - begin
            grown = [
                re.sub(r" \{(\d+)\}$", lambda found: f" {int(found[1]) * age}", text, flags=re.M) for text in texts
            ]
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write("".join(grown).encode())

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()


def ask(port: int, query: str) -> list[dict[str, Any]]:
    """Asks Prometheus; a query that it does not understand fails."""
    url = f"http://127.0.0.1:{port}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    with urllib.request.urlopen(url, timeout=120) as answer:
        found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
    return found


@pytest.mark.capability("dashboard")
def test_every_query_of_the_dashboard_is_answered(watched: Project, tmp_path: Path) -> None:
    if not shutil.which("prometheus"):
        pytest.skip("not installed: prometheus")
    assert monitor(watched, "covariate", "--labels", "labels/covariate.parquet").code != 0
    port, panels = free_port(), json.loads(watched.read(DASHBOARD))["panels"]
    with exposing(SERVICE, watched.read("reports/monitoring/metrics.prom")) as exposed:
        scraped = {
            "job_name": "service",
            "scrape_interval": "1s",
            "static_configs": [{"targets": [f"127.0.0.1:{exposed}"]}],
        }
        (tmp_path / "prometheus.yml").write_text(yaml.safe_dump({"scrape_configs": [scraped]}), encoding="utf-8")
        command = ["prometheus", f"--config.file={tmp_path / 'prometheus.yml'}"]
        command += [f"--web.listen-address=127.0.0.1:{port}", f"--storage.tsdb.path={tmp_path / 'data'}"]
        with serving(command, port, tmp_path / "prometheus.log", ENVIRONMENT):
            _until_scraped(port)
            empty, bad = [], []
            for panel in panels:
                for target in panel["targets"]:
                    query = target["expr"].replace("$__rate_interval", "10s")
                    found = ask(port, query)
                    empty += [] if found else [query]
                    bad += [query for row in found if row["value"][1] in ("NaN", "+Inf")]
                    legend = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
                    pushed = {"model"}  # the Pushgateway adds it
                    assert legend - pushed <= {key for row in found for key in row["metric"]}, target
            assert (empty, bad) == ([], [])
            errors = ask(port, panels_by(panels, "Errors")["targets"][0]["expr"].replace("$__rate_interval", "10s"))
            assert float(errors[0]["value"][1]) == pytest.approx(1 / 64, rel=0.01)


def panels_by(panels: list[dict[str, Any]], title: str) -> dict[str, Any]:
    """Returns the panel with that title."""
    return next(panel for panel in panels if panel["title"] == title)


def _until_scraped(port: int) -> None:
    deadline = time.monotonic() + 60
    while not ask(port, "rate(http_requests_total[10s])"):
        assert time.monotonic() < deadline, "Prometheus has scraped nothing"
        time.sleep(0.5)
    time.sleep(2)


@pytest.mark.capability("dashboard", kind="static")
def test_the_dashboard_is_what_grafana_reads(watched: Project) -> None:
    found, source = json.loads(watched.read(DASHBOARD)), "deploy/grafana/provisioning/datasources/prometheus.yml"
    uid = yaml.safe_load(watched.read(source))["datasources"][0]["uid"]
    assert {panel["datasource"]["uid"] for panel in found["panels"]} == {uid}
    assert len({panel["id"] for panel in found["panels"]}) == len(found["panels"])
    places = [panel["gridPos"] for panel in found["panels"]]
    for number, one in enumerate(places):
        assert one["x"] + one["w"] <= 24
        for other in places[:number]:
            apart_x = one["x"] >= other["x"] + other["w"] or other["x"] >= one["x"] + one["w"]
            assert apart_x or one["y"] >= other["y"] + other["h"] or other["y"] >= one["y"] + one["h"]


class _Page(HTMLParser):
    """Collects links, and what a reader that can't see needs."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "a":
            self.links.append(dict(attrs)["href"] or "")


def test_the_page_leads_to_every_report_and_a_browser_shows_it(watched: Project, tmp_path: Path) -> None:
    browser = shutil.which("chromium")
    if not browser:
        pytest.skip("not installed: chromium")
    assert monitor(watched, "concept", "--labels", "labels/concept.parquet").code == 11
    folder = watched.path / "reports/monitoring"
    page = _Page()
    page.feed((folder / "index.html").read_text(encoding="utf-8"))
    reached = {(folder / link).resolve().relative_to(watched.path.resolve()).as_posix() for link in page.links}
    assert all((watched.path / name).is_file() for name in reached)
    assert {"reports/monitoring/drift.html", "reports/data_docs/index.html", "reports/plots/overview.png"} <= reached
    assert {"reports/evaluation.json", "MODEL_CARD.md", "reports/monitoring/report.json"} <= reached
    assert ("html", {"lang": "en"}) in page.tags
    assert all("scope" in attributes for tag, attributes in page.tags if tag == "th")
    assert not [tag for tag, attributes in page.tags if tag in ("script", "link") or "src" in attributes]
    for name in ("index.html", "drift.html"):
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'browser'}"]
        command += [
            "--virtual-time-budget=20000",
            "--host-resolver-rules=MAP * ~NOTFOUND",
        ]  # nothing may come from elsewhere
        shown = watched.run(*command, "--dump-dom", (folder / name).as_uri()).stdout
        wanted = (
            ("performance lost", "2026-01-15 to 2026-01-21") if name == "index.html" else ("the prediction", "share of")
        )
        assert all(text in shown for text in wanted), name
