"""The files that a project has: those that all have, and those that an option adds."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conftest import ROOT
from release.template import ANSWERS_FILE

# Answers -> the files that they add together to those of `files.txt`, `{package}` filled in; others add none.
ADDED: dict[tuple[tuple[str, Any], ...], tuple[str, ...]] = {
    (("license", "MIT"),): ("LICENSE",),
    (("license", "BSD-3-Clause"),): ("LICENSE",),
    (("license", "Apache-2.0"),): ("LICENSE",),
    (("serves", True),): ("mk/serving.mk",),
    (("monitors", True),): (
        ".github/workflows/monitor.yml",
        ".github/workflows/retrain.yml",
        "mk/monitoring.mk",
        "src/{package}/former.py",
        "src/{package}/retrain.py",
        "tests/monitor/test_monitor.py",
        "tests/monitor/test_retrain.py",
        *(
            f"src/{{package}}/monitor/{name}.py"
            for name in (
                "__init__",
                "__main__",
                "draw",
                "drift",
                "gauges",
                "labels",
                "pages",
                "performance",
                "quality",
                "reference",
                "report",
                "settings",
                "traffic",
            )
        ),
    ),
    (("serves", True), ("monitors", True)): (
        "deploy/grafana/dashboards/model.json",
        "deploy/grafana/provisioning/dashboards/model.yml",
        "deploy/grafana/provisioning/datasources/prometheus.yml",
        "deploy/prometheus/alertmanager.yml",
        "deploy/prometheus/alerts.yml",
        "deploy/prometheus/prometheus.yml",
    ),
}


def contents(root: Path) -> dict[str, bytes]:
    """Returns what the files of a project hold; not git's, and not the answers: they name the template's commit."""
    found = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
    return {
        name: path.read_bytes() for name, path in found.items() if name != ANSWERS_FILE and not name.startswith(".git/")
    }


def expected(answers: Mapping[str, Any]) -> list[str]:
    """Returns the files of a project with these answers, computed ones among them, in order."""
    package = answers["package_name"]
    always = (ROOT / "tests/files.txt").read_text(encoding="utf-8").split()
    added = [
        name.format(package=package)
        for wanted, names in ADDED.items()
        if all(answers[asked] == to for asked, to in wanted)
        for name in names
    ]
    return sorted([*(name.replace("src/churn_model/", f"src/{package}/") for name in always), *added])
