"""The files that a project has: those that all have, and those that an option adds."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from release.template import ANSWERS_FILE
from support.rendered_project import ROOT


def listed(name: str) -> tuple[str, ...]:
    """Returns the files that a list below `tests/data/files` has, `{package}` in place of the package's name."""
    text = (ROOT / "tests/data/files" / name).read_text(encoding="utf-8")
    return tuple(text.replace("src/churn_model/", "src/{package}/").split())


CLOUDS = ("aws", "gcp", "azure")
# Answers -> the files that they add together to those of `all.txt`, `{package}` filled in; others add none.
ADDED: dict[tuple[tuple[str, Any], ...], tuple[str, ...]] = {
    (("license", "MIT"),): ("LICENSE",),
    (("license", "BSD-3-Clause"),): ("LICENSE",),
    (("license", "Apache-2.0"),): ("LICENSE",),
    (("governs", True),): listed("governs.txt"),
    (("serves", True),): listed("serves.txt"),
    (("monitors", True),): listed("monitors.txt"),
    (("stores_features", True),): listed("features.txt"),
    (("on_kubernetes", True),): listed("kubernetes.txt"),
    (("stores_features", True), ("on_kubernetes", True)): (
        "deploy/k8s/feature-store/kustomization.yaml",
        "deploy/k8s/feature-store/network.yaml",
        "deploy/k8s/feature-store/rollout.yaml",
    ),
    (("on_airflow", True),): listed("airflow.txt"),
    (("on_airflow", True), ("serves", True)): ("dags/scoring.py",),
    (("on_airflow", True), ("stores_features", True)): ("dags/materialization.py",),
    (("scales", True),): listed("scales.txt"),
    (("scales", True), ("serves", True)): ("mk/scale-score.mk", "src/{package}/mlops/scale/score.py"),
    (("serves", True), ("monitors", True)): listed("serves-monitors.txt"),
    **{
        (("on_cloud", cloud), ("on_iac", "terraform")): listed("cloud.txt") + listed(f"{cloud}.txt") for cloud in CLOUDS
    },
    (("on_iac", "cloudformation"),): listed("cloudformation.txt"),
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
    added = [names for wanted, names in ADDED.items() if all(answers[asked] == to for asked, to in wanted)]
    return sorted({name.format(package=package) for names in [listed("all.txt"), *added] for name in names})
