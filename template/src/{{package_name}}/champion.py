"""Finds the champion that a new model is measured against.

The registry's alias says which it is. In CI without a server, `CHAMPION_REV` names the git revision whose `dvc.lock`
says it, and the model comes from DVC's cache or remote.
"""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import yaml
from mlflow.entities.model_registry import ModelVersion
from sklearn.pipeline import Pipeline

from . import artifact, lineage, model, params, registry, tracking
from .contract import Contract
from .paths import MODEL
from .stage import Refusal


@dataclass(frozen=True)
class Champion:
    """A champion: its name for people, and the pipeline; none where it can't be measured, with the reason."""

    version: str
    pipeline: Pipeline | None
    reason: str = ""


def _comparable(version: str, pipeline: Pipeline, target: str, contract: Contract) -> Champion:
    """A champion of another target, or from columns that are no features any more, can't be measured on these rows."""
    names = {column.name for column in contract.features}
    lost = sorted(set(pipeline.feature_names_in_) - names)
    if target != contract.target.name:
        return Champion(version, None, f"champion {version} predicts {target}, the contract now {contract.target.name}")
    if lost:
        return Champion(
            version, None, f"champion {version} needs {', '.join(lost)}, which the contract no longer has as features"
        )
    return Champion(version, pipeline)


def download(version: ModelVersion, folder: str) -> Path:
    """Downloads a version of the model into a folder and returns the skops file; `model.load` verifies it."""
    mlflow.artifacts.download_artifacts(f"models:/{version.name}/{version.version}", dst_path=folder)
    return next(Path(folder).rglob("*.skops"))


def _from_registry(client: mlflow.MlflowClient, candidate: str, contract: Contract) -> Champion | None:
    version = registry.by_alias(client, params.load().register_.model_name, registry.CHAMPION)
    if version is None or version.tags["model_hash"] == candidate:
        return None
    with tempfile.TemporaryDirectory() as folder:
        pipeline = model.load(download(version, folder), version.tags["model_hash"])
    return _comparable(str(version.version), pipeline, version.tags["target"], contract)


def _from_revision(revision: str, candidate: str, contract: Contract) -> Champion | None:
    text = lineage.show(revision, "dvc.lock")
    if text is None:
        return None
    outs: list[dict[str, Any]] = yaml.safe_load(text)["stages"].get("train", {}).get("outs", [])
    if not outs:
        return None
    import dvc.api
    from dvc.exceptions import DvcException

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / MODEL.name
        try:
            path.write_bytes(dvc.api.read(MODEL.as_posix(), rev=revision, mode="rb"))
        except (DvcException, OSError) as error:
            raise Refusal(
                f"the champion that dvc.lock of {revision} names is neither in DVC's cache nor in its remote: "
                f"run `uv run dvc push` where it was trained ({' '.join(str(error).split())[:200]})."
            ) from None
        found = artifact.content_hash(path)
        if found == candidate:
            return None
        pipeline = model.load(path, found)
    return _comparable(revision, pipeline, contract.target.name, contract)


def find(client: mlflow.MlflowClient, candidate: str, contract: Contract) -> Champion | None:
    """Returns the champion, or None where there is none or the candidate is the champion.

    Args:
        client: Of the registry.
        candidate: Content hash of the model that is being evaluated.
        contract: The columns.

    Raises:
        Refusal: The champion is named but can't be had, or is not the model that was recorded.
    """
    revision = os.environ.get("CHAMPION_REV")
    if revision and client.tracking_uri == tracking.LOCAL:
        return _from_revision(revision, candidate, contract)
    return _from_registry(client, candidate, contract)
