"""Builds the manifests of an environment on Kubernetes, and says which images they run.

The digest in an environment's file is one line of an overlay; a patch beside it may name another image. What counts is
what `kubectl kustomize` makes of all of them, as Argo CD does.
"""

import subprocess
from collections.abc import Iterator
from typing import Any

import yaml

from ..core.errors import GateRefused, Refusal, UsageError
from .environments import NOTHING, OVERLAYS, Image


def build(environment: str) -> str:
    """Returns the manifests of an environment, as `kubectl kustomize` makes them.

    Raises:
        Refusal: There is no such environment, no kubectl, or an error in a file.
    """
    overlay = OVERLAYS / environment
    if not (overlay / "kustomization.yaml").exists():
        known = ", ".join(sorted(path.parent.name for path in OVERLAYS.glob("*/kustomization.yaml")))
        raise UsageError(f"there is no environment {environment!r} in {OVERLAYS}: name one of {known}.")
    try:
        done = subprocess.run(["kubectl", "kustomize", overlay], capture_output=True, text=True, check=False)  # noqa: S603, S607
    except FileNotFoundError:
        raise Refusal("there is no kubectl here: install it, version 1.30 or newer; it brings kustomize.") from None
    if done.returncode:
        raise Refusal(f"{overlay} can't be built: {done.stderr.strip()}")
    return done.stdout


def images(manifest: Any) -> Iterator[str]:
    """Yields all images in a manifest: of containers of any kind, of volumes, of custom resources."""
    if isinstance(manifest, dict):
        for name, value in manifest.items():
            if name == "image":
                yield str(value["reference"] if isinstance(value, dict) and "reference" in value else value)
            else:
                yield from images(value)
    elif isinstance(manifest, list):
        for value in manifest:
            yield from images(value)


def check(text: str, environment: str, image: Image | None) -> None:
    """Makes sure that manifests run one image and no other.

    Args:
        text: Manifests as YAML.
        environment: Theirs, for the sentence.
        image: The image that was delivered; None before the first delivery.

    Raises:
        GateRefused: They run another image, or none.
    """
    found = sorted(set(images(list(yaml.safe_load_all(text)))))
    others = [name for name in found if name != str(image) and (image or not name.endswith(f"@sha256:{NOTHING}"))]
    if others or not found:
        raise GateRefused(
            f"{environment} would run {', '.join(others) or 'no container'}; delivered was {image or 'nothing'}: "
            f"take other images out of {OVERLAYS / environment} and of what it is built from, or deliver again."
        )
