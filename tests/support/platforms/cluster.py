"""What stands for a cluster: versions of the real service behind nginx, and a Prometheus that scrapes them."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet
import yaml
from support.platforms.canary_analysis import Manifest, resolved
from support.platforms.kustomize_overlays import manifests, named
from support.platforms.weighted_balancer import balancing
from support.rendered_project import Project
from support.services.servers import free_port, serving

NAMESPACE, KEY = "churn-model-production", "a key of this test"
# The templates' own arguments, on the scale of a test. The latency leaves room for a machine that is busy otherwise.
SCALED = {"interval": "1s", "window": "5s", "least": "20", "seconds": "0.5"}
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
    def version(self, name: str, fault: str = "none", project: Project | None = None) -> Iterator[None]:
        """Runs a version of the service until the block ends, of the stable version's project or of another one."""
        where = project or self.project
        environment = where.environment | {
            "SERVE_API_KEYS": f"load:predict:{hashlib.sha256(KEY.encode()).hexdigest()}",
            "SERVE_PREDICTION_LOG": str(self.folder / f"predictions-{name}"),
            "SERVE_LOG_LEVEL": "ERROR",
        }
        launcher, port = Path(__file__).with_name("service_version.py"), self.ports[name]
        interpreter = Path(environment["UV_PROJECT_ENVIRONMENT"]) / "bin/python"  # `uv run` would stand before it
        command = [interpreter, launcher, where.package, fault, "--port", str(port), "--drain", "0"]
        with serving(command, port, self.folder / f"{name}.log", environment, where.path):
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


@contextmanager
def clustered(project: Project, rendered: Path, folder: Path, *versions: str) -> Iterator[Cluster]:
    """Runs a Prometheus that scrapes versions of a project's service, `stable` and others; none of them runs yet.

    Args:
        project: Its champion is exported.
        rendered: A project with manifests.
        folder: For what the processes write.
        versions: Their names.
    """
    found = manifests(rendered / "deploy/k8s/overlays/production")
    project.run("uv", "sync", "--quiet")
    port, ports = free_port(), {name: free_port() for name in ("stable", *versions)}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(scraping(found, ports)), encoding="utf-8")
    command = [
        *("prometheus", f"--config.file={folder / 'prometheus.yml'}"),
        *(f"--storage.tsdb.path={folder / 'prometheus'}", f"--web.listen-address=127.0.0.1:{port}"),
    ]
    with serving(command, port, folder / "prometheus.log", {"PATH": "/usr/bin:/bin"}):
        yield Cluster(project, folder, ports, f"http://127.0.0.1:{port}", found, rows_of(project), rendered)
