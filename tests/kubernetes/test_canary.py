"""The canary: real versions of the service behind nginx, judged by the AnalysisTemplates on a real Prometheus."""

import hashlib
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
import yaml
from analysing import Manifest, asked, measured, resolved, roll_out, seconds, switch_over
from conftest import ROOT, Project, render
from overlays import blue_green, manifests, named
from servers import free_port, serving
from weighing import Balancer, asking, balancing

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("canary"), pytest.mark.capability("canary by analysis")]
NAMESPACE, KEY = "churn-model-production", "a key of this test"
# Fault of the new version -> the one metric that has to see it.
FAULTS = {
    "none": None,
    "failing": "error-rate",
    "slow": "latency-p99",
    "unsure": "prediction-shift",
    "alarmist": "champion-decisions",
    "refusing": "champion-refusals",
}
# The templates' own arguments, on the scale of a test. The latency leaves room for a machine that is busy otherwise.
SCALED = {"interval": "1s", "window": "5s", "least": "20", "seconds": "0.5"}
ADAPTER = next((ROOT / "template").glob("*deploy*/*k8s*/cluster/adapter-values.yaml"))
PACE = 8 / 600  # a pause of ten minutes takes eight seconds


@dataclass(frozen=True)
class Cluster:
    """What stands for a cluster: the stable version, ports for the others, Prometheus, and the manifests.

    Attributes:
        project: Whose service it is.
        folder: For what the processes write.
        ports: Of the versions, `stable` and the faults; a version's name is its hash too.
        prometheus: Its address.
        manifests: Of production.
        rows: That clients send.
        rendered: The project whose manifests they are.
    """

    project: Project
    folder: Path
    ports: dict[str, int]
    prometheus: str
    manifests: list[Manifest]
    rows: list[dict[str, Any]]
    rendered: Path

    @property
    def rollout(self) -> Manifest:
        """The Rollout."""
        return named(self.manifests, "Rollout", "service")

    def metrics(self, canary: str) -> list[Manifest]:
        """Returns the metrics of the background analysis of a version, with the arguments that the Rollout gives."""
        return self.arranged(self.manifests, self.rollout["spec"]["strategy"]["canary"]["analysis"], canary)

    def arranged(self, found: list[Manifest], analysis: Manifest, canary: str) -> list[Manifest]:
        """Returns the metrics of an analysis of a version, on the scale of a test."""
        hashes = {"Latest": canary, "Stable": "stable"}
        given = {
            argument["name"]: argument.get("value") or hashes[argument["valueFrom"]["podTemplateHashValue"]]
            for argument in analysis["args"]
        }
        templates = [named(found, "AnalysisTemplate", each["templateName"]) for each in analysis["templates"]]
        return resolved(templates, given | SCALED | {"prometheus": self.prometheus})

    @contextmanager
    def version(self, name: str, fault: str) -> Iterator[None]:
        """Runs a version of the service until the block ends."""
        environment = self.project.environment | {
            "SERVE_API_KEYS": f"load:predict:{hashlib.sha256(KEY.encode()).hexdigest()}",
            "SERVE_PREDICTION_LOG": str(self.folder / f"predictions-{name}"),
            "SERVE_LOG_LEVEL": "ERROR",
        }
        launcher, port = Path(__file__).with_name("version.py"), self.ports[name]
        interpreter = Path(environment["UV_PROJECT_ENVIRONMENT"]) / "bin/python"  # `uv run` would stand before it
        command = [interpreter, launcher, self.project.package, fault, "--port", str(port), "--drain", "0"]
        with serving(command, port, self.folder / f"{name}.log", environment, self.project.path):
            yield

    def balancing(self, canary: str) -> Any:
        """Runs nginx between the stable version and another one."""
        return balancing(self.folder / f"nginx-{canary}", self.ports["stable"], self.ports[canary])


def scraping(found: list[Manifest], ports: dict[str, int]) -> Manifest:
    """Returns the configuration of a Prometheus that scrapes versions as the PodMonitor has it done."""
    monitor = named(found, "PodMonitor", "service")["spec"]
    (endpoint,) = monitor["podMetricsEndpoints"]
    (label,) = (re.sub(r"\W", "_", name) for name in monitor["podTargetLabels"])
    targets = [
        {"targets": [f"127.0.0.1:{port}"], "labels": {label: name, "namespace": NAMESPACE, "pod": f"service-{name}"}}
        for name, port in ports.items()
    ]
    job = {"job_name": "service", "metrics_path": endpoint["path"], "static_configs": targets}
    return {"global": {"scrape_interval": "1s"}, "scrape_configs": [job]}


def rows_of(project: Project) -> list[dict[str, Any]]:
    """Returns rows as clients send them."""
    (bundle,) = project.path.glob("models/served/bundle.json")
    target = yaml.safe_load(bundle.read_text(encoding="utf-8"))["target"]
    table = pyarrow.parquet.read_table(project.path / "data/dataset.parquet").drop_columns([target])
    rows = table.slice(0, 5000).to_pylist()
    return [{name: v.isoformat() if hasattr(v, "isoformat") else v for name, v in row.items()} for row in rows]


@pytest.fixture(scope="module")
def cluster(served: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A stable version that answers, and a Prometheus that scrapes it and whatever comes beside it."""
    missing = [tool for tool in ("nginx", "prometheus") if not shutil.which(tool, path="/usr/sbin:/usr/bin")]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    project = render(tmp_path_factory.mktemp("kubernetes") / "p", maturity="advanced")
    found = manifests(project / "deploy/k8s/overlays/production")
    served.run("uv", "sync", "--quiet")
    folder, port = tmp_path_factory.mktemp("cluster"), free_port()
    ports = {name: free_port() for name in ("stable", *FAULTS)}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(scraping(found, ports)), encoding="utf-8")
    command = [
        *("prometheus", f"--config.file={folder / 'prometheus.yml'}"),
        *(f"--storage.tsdb.path={folder / 'prometheus'}", f"--web.listen-address=127.0.0.1:{port}"),
    ]
    made = Cluster(served, folder, ports, f"http://127.0.0.1:{port}", found, rows_of(served), project)
    with serving(command, port, folder / "prometheus.log", {"PATH": "/usr/bin:/bin"}), made.version("stable", "none"):
        yield made


def answered_by(balancer: Balancer, answers: list[Any], since: float) -> set[str]:
    """Returns who answered the requests that were sent from a moment on; there must be enough of them."""
    late = [answer.version for answer in answers if answer.sent >= since]
    assert len(late) > 50, balancer
    return set(late)


@pytest.mark.parametrize(("fault", "metric"), FAULTS.items())
def test_a_version_gets_the_traffic_or_loses_it(fault: str, metric: str | None, cluster: Cluster) -> None:
    metrics = cluster.metrics(fault)
    interval = max(seconds(each["interval"]) for each in metrics)
    with (
        cluster.version(fault, fault),
        cluster.balancing(fault) as balancer,
        asking(balancer.port, cluster.rows, KEY) as traffic,
    ):
        verdict = roll_out(cluster.rollout, metrics, balancer.weigh, PACE)
        decided = time.monotonic()
        time.sleep(interval + 1)
        answers = list(traffic.answers)
    before = [answer.version for answer in answers if answer.sent < decided]
    assert "canary" in before, "the new version never answered"
    if metric is None:
        assert verdict.state == "promoted", verdict
        assert all(count["successful"] > 5 for count in verdict.counts.values()), verdict
        assert answered_by(balancer, answers, decided + interval) == {"canary"}
    else:
        first = cluster.rollout["spec"]["strategy"]["canary"]["steps"][0]["setWeight"]
        assert (verdict.state, verdict.by, verdict.weight) == ("aborted", {metric}, first), verdict
        assert before.count("canary") < 0.15 * len(before)
        assert answered_by(balancer, answers, decided + interval) == {"stable"}


def test_blue_green_takes_the_traffic_back(cluster: Cluster, tmp_path: Path) -> None:
    found = blue_green(cluster.rendered, "production", tmp_path)
    analysis = named(found, "Rollout", "service")["spec"]["strategy"]["blueGreen"]["postPromotionAnalysis"]
    metrics = cluster.arranged(found, analysis, "failing")
    with (
        cluster.version("failing", "failing"),
        cluster.balancing("failing") as balancer,
        asking(balancer.port, cluster.rows, KEY) as traffic,
    ):
        verdict = switch_over(metrics, balancer.weigh)
        decided = time.monotonic()
        time.sleep(2)
        answers = list(traffic.answers)
    assert (verdict.state, verdict.by) == ("aborted", {"error-rate"}), verdict
    before = [answer.version for answer in answers if answer.sent < decided]
    assert before.count("canary") > 0.8 * len(before)
    assert answered_by(balancer, answers, decided + 1) == {"stable"}


def test_a_version_that_nobody_asks_is_neither_good_nor_bad(cluster: Cluster) -> None:
    outcomes = {metric["name"]: measured(metric) for metric in cluster.metrics("nobody")}
    # A regression has no decisions, so that metric alone can't tell; the others make the rollout wait.
    assert outcomes.pop("champion-decisions") == "successful"
    assert set(outcomes) == {metric for metric in FAULTS.values() if metric} - {"champion-decisions"}
    assert set(outcomes.values()) == {"inconclusive"}


def test_the_autoscalers_signal_is_what_is_in_flight(cluster: Cluster) -> None:
    (rule,) = yaml.safe_load(ADAPTER.read_text(encoding="utf-8"))["rules"]["custom"]
    scaler = named(cluster.manifests, "HorizontalPodAutoscaler", "service")["spec"]
    assert scaler["metrics"][0]["pods"]["metric"]["name"] == rule["name"]["as"]
    query = rule["metricsQuery"].replace("<<.Series>>", rule["name"]["matches"].strip("^$"))
    query = query.replace("<<.LabelMatchers>>", f'namespace="{NAMESPACE}"').replace("<<.GroupBy>>", "pod")
    metric = {"provider": {"prometheus": {"address": cluster.prometheus, "query": query}}}
    found = asked(metric)
    assert len(found) >= 1
    assert 0 < max(found) < 8
