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
    (("serves", True),): (
        ".dockerignore",
        "deploy/Dockerfile",
        "deploy/compose.yaml",
        "deploy/mlflow.Dockerfile",
        "mk/serving.mk",
        "src/{package}/score.py",
        "src/{package}/serve/__init__.py",
        "src/{package}/serve/__main__.py",
        "src/{package}/serve/answer.py",
        "src/{package}/serve/app.py",
        "src/{package}/serve/bundle.py",
        "src/{package}/serve/compile.py",
        "src/{package}/serve/describe.py",
        "src/{package}/serve/export.py",
        "src/{package}/serve/guard.py",
        "src/{package}/serve/image.py",
        "src/{package}/serve/keys.py",
        "src/{package}/serve/logs.py",
        "src/{package}/serve/nodes.py",
        "src/{package}/serve/openapi.py",
        "src/{package}/serve/parity.py",
        "src/{package}/serve/prediction_log.py",
        "src/{package}/serve/prediction_table.py",
        "src/{package}/serve/predictor.py",
        "src/{package}/serve/problem.py",
        "src/{package}/serve/request.py",
        "src/{package}/serve/row_model.py",
        "src/{package}/serve/rows.py",
        "src/{package}/serve/service.py",
        "src/{package}/serve/settings.py",
        "src/{package}/serve/slow.py",
        "src/{package}/serve/tables.py",
        "src/{package}/serve/telemetry.py",
        "src/{package}/serve/trees.py",
        "tests/serve/test_compiled.py",
        "tests/serve/test_image.py",
        "tests/serve/test_score.py",
        "tests/serve/test_service.py",
    ),
    (("monitors", True),): ("mk/monitoring.mk",),
    (("serves", True), ("monitors", True)): ("deploy/compose.monitoring.yaml",),
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
