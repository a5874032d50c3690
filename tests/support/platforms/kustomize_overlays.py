"""The manifests of a rendered project, as kustomize builds them."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

Manifest = dict[str, Any]


def built(folder: Path) -> str:
    """Returns what `kubectl kustomize` makes of a folder; a failure shows what it said."""
    if not shutil.which("kubectl"):
        pytest.skip("kubectl is not installed")
    done = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True, check=False)  # noqa: S603, S607
    assert done.returncode == 0, done.stderr
    return done.stdout


def manifests(folder: Path) -> list[Manifest]:
    """Returns the manifests of a folder."""
    return list(yaml.safe_load_all(built(folder)))


def named(found: list[Manifest], kind: str, name: str) -> Manifest:
    """Returns the one manifest of that kind and name."""
    (manifest,) = (each for each in found if (each["kind"], each["metadata"]["name"]) == (kind, name))
    return manifest


def blue_green(project: Path, environment: str, where: Path) -> list[Manifest]:
    """Returns an environment's manifests after the switch to blue-green, which is one line."""
    shutil.copytree(project / "deploy/k8s", where / "k8s")
    path = where / f"k8s/overlays/{environment}/kustomization.yaml"
    lines = path.read_text(encoding="utf-8").splitlines()
    (number,) = (n for n, line in enumerate(lines) if line.startswith("  - ../../strategy/canary"))
    lines[number] = "  - ../../strategy/blue-green"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return manifests(path.parent)
