"""Writes deliveries into their chain, and holds an environment against it.

`deploy/deliveries.jsonl` says which image went where, with which model, judged at which commit. An image reaches
production only where the same digest was delivered to staging before.
"""

import json
import logging
from pathlib import Path
from typing import Any

from ..core.errors import GateRefused
from ..core.paths import DELIVERIES
from ..governance import audit_log
from . import built, environments, gate
from .environments import Image

LABELS = {"org.opencontainers.image.revision": "evaluated", "model.hash": "model_hash", "model.version": "version"}
log = logging.getLogger(__name__)


def _entries(environment: str) -> list[dict[str, Any]]:
    """Returns the deliveries to an environment."""
    return [e for e in audit_log.entries(DELIVERIES) if e["action"] == "deliver" and e["environment"] == environment]


def _delivered(environment: str, image: Image) -> dict[str, Any] | None:
    """Returns the newest entry that brought an image to an environment."""
    return next((entry for entry in reversed(_entries(environment)) if entry["image"] == str(image)), None)


def _tested(image: Image) -> dict[str, Any]:
    """Returns the entry of staging for an image that goes to production."""
    found = _delivered("staging", image)
    if found is None:
        raise GateRefused(
            f"{image} was never delivered to staging, so production may not have it: deliver it there first."
        )
    return found


def record(environment: str, image: Image, why: str) -> None:
    """Writes an image into an environment's file and into the chain; run again, it changes nothing.

    Raises:
        Refusal: The model of this commit did not pass, or production would get what staging never had.
    """
    if environment == "staging":
        version = gate.passed()
        said = {"model": version.name, "version": str(version.version)}
        facts = {"model_hash": version.tags["model_hash"], "evaluated": version.tags["git_commit"]}
    else:
        tested = _tested(image)
        said = {name: tested[name] for name in ("model", "version")}
        facts = {name: tested[name] for name in ("model_hash", "evaluated")}
    audit_log.append("deliver", **said, why=why, path=DELIVERIES, environment=environment, image=str(image), **facts)
    log.info("%s: %s", environments.put(environment, image), image)


def entry(environment: str) -> dict[str, Any]:
    """Returns the entry that brought the image that an environment's file names.

    Raises:
        GateRefused: The file names none, or one that was never delivered.
    """
    image = environments.read(environment)
    if image is None:
        raise GateRefused(f"{environments.path(environment)}: nothing was delivered to {environment} yet.")
    found = _delivered(environment, image)
    if found is None:
        raise GateRefused(
            f"{environments.path(environment)} has {image}, which {DELIVERIES} does not know: it was written by hand; "
            "restore the file from git, and deliver with deliver.yml."
        )
    return found


def _runs(environment: str, image: Image | None) -> None:
    """Makes sure that the manifests run an image and no other, where the environment is on Kubernetes."""
    if (environments.OVERLAYS / environment / "kustomization.yaml").exists():
        built.check(built.build(environment), environment, image)


def verify(environment: str, labels: Path | None) -> Image | None:
    """Compares what an environment runs with the chain, and the image's labels with its entry.

    Args:
        environment: Its name.
        labels: The labels of the image that the registry has under this digest, as JSON; None leaves them out.

    Returns:
        The image; None before the first delivery, where the environment runs nothing.

    Raises:
        GateRefused: The digest is not the one that was delivered, was not in staging, or holds another model; or the
            manifests run something else.
    """
    if environments.read(environment) is None and not labels and not _entries(environment):
        _runs(environment, None)
        log.info("%s: nothing", environment)
        return None
    found = entry(environment)
    image = environments.parse(found["image"])
    _runs(environment, image)
    if environment != "staging":
        _tested(image)
    known = json.loads(labels.read_text(encoding="utf-8")) if labels else {}
    wrong = [label for label, fact in LABELS.items() if labels and (known or {}).get(label) != found[fact]]
    if wrong:
        raise GateRefused(
            f"{image} is not what was judged: its {', '.join(wrong)} differ from its entry in {DELIVERIES}; "
            "find out who pushed it, and deliver again."
        )
    log.info("%s: %s, %s version %s", environment, image, found["model"], found["version"])
    return image
