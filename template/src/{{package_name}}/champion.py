"""Finds the champion that a new model is measured against.

The registry's alias says which it is. In CI without a server, `CHAMPION_REV` names the git revision whose audit log
says it, and the model comes from DVC's cache or remote by the newest `dvc.lock` that names exactly this model.
"""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import yaml
from mlflow.entities.model_registry import ModelVersion
from sklearn.pipeline import Pipeline

from . import artifact, audit, lineage, params, persistence, registry, tracking
from .audit_chain import parse
from .contract import Contract
from .foreign import reason
from .paths import AUDIT, LOCK, MODEL
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
    """Downloads a version of the model into a folder and returns the skops file; `persistence.load` verifies it."""
    mlflow.artifacts.download_artifacts(f"models:/{version.name}/{version.version}", dst_path=folder)
    return next(Path(folder).rglob("*.skops"))


def _from_registry(
    client: mlflow.MlflowClient, candidate: str, contract: Contract, trusted: list[str]
) -> Champion | None:
    version = registry.by_alias(client, params.load().register_.model_name, registry.CHAMPION)
    if version is None or version.tags["model_hash"] == candidate:
        return None
    with tempfile.TemporaryDirectory() as folder:
        pipeline = persistence.load(download(version, folder), version.tags["model_hash"], trusted)
    return _comparable(str(version.version), pipeline, version.tags["target"], contract)


def _locked(revision: str) -> str | None:
    """Returns the hash that `dvc.lock` of a revision has of the model, or None."""
    stages = (yaml.safe_load(lineage.content(revision, LOCK) or b"") or {}).get("stages", {})
    outs: list[dict[str, Any]] = stages.get("train", {}).get("outs", [])
    return next((str(out["md5"]) for out in outs if out["path"] == MODEL.as_posix()), None)


def stored(revision: str, folder: Path) -> Path:
    """Gets the model that `dvc.lock` of a revision names from DVC's cache or remote, into a folder.

    Raises:
        Refusal: It is neither here nor there, or was replaced there.
    """
    import dvc.api
    from dvc.exceptions import DvcException

    try:
        content = dvc.api.read(MODEL.as_posix(), rev=revision, mode="rb")
    except (DvcException, OSError) as error:
        raise Refusal(
            f"the model that dvc.lock of {revision} names is neither in DVC's cache nor in its remote: "
            f"run `uv run dvc push` where it was trained ({reason(error)})."
        ) from None
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != _locked(revision):
        raise Refusal(
            f"DVC's cache or remote has another model than dvc.lock of {revision} names: find out who put it there."
        )
    path = folder / MODEL.name
    path.write_bytes(content)
    return path


def _from_revision(revision: str, candidate: str, contract: Contract, trusted: list[str]) -> Champion | None:
    log, name = lineage.content(revision, AUDIT), params.load().register_.model_name
    if log is None and _locked(revision) is None:
        return None
    entry = audit.chosen(parse(log or b"", f"{AUDIT} of {revision}"), name)
    if entry is None and log:
        return None  # a model was registered, and none was promoted yet
    if entry is None:
        raise Refusal(f"{revision} has a model but no {AUDIT}, which says whether it is champion: restore it from git.")
    if entry["model_hash"] == candidate:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = _recorded(revision, entry["model_hash"], Path(folder))
        pipeline = persistence.load(path, entry["model_hash"], trusted)
    return _comparable(revision, pipeline, contract.target.name, contract)


def _recorded(revision: str, model_hash: str, folder: Path) -> Path:
    """Gets the model of an entry of the audit log: not always the newest, for that may wait, or was rolled back."""
    tried, found = set[str | None](), ""
    for commit in lineage.history(revision, LOCK):
        locked = _locked(commit)
        if locked is None or locked in tried:
            continue
        tried.add(locked)
        path = stored(commit, folder)
        found = artifact.content_hash(path)
        if found == model_hash:
            return path
    raise Refusal(
        f"the champion of {AUDIT} of {revision} is model {model_hash[:12]}, which no dvc.lock up to there names "
        f"(the last one looked at has {found[:12] or 'none'}): promote the one that is there, or commit its dvc.lock."
    )


def find(client: mlflow.MlflowClient, candidate: str, contract: Contract, trusted: list[str]) -> Champion | None:
    """Returns the champion, or None where there is none or the candidate is the champion.

    Args:
        client: Of the registry.
        candidate: Content hash of the model that is being evaluated.
        contract: The columns.
        trusted: As of `persistence.load`.

    Raises:
        Refusal: The champion is named but can't be had, or is not the model that was recorded.
    """
    revision = os.environ.get("CHAMPION_REV")
    if revision and client.tracking_uri == tracking.LOCAL:
        return _from_revision(revision, candidate, contract, trusted)
    return _from_registry(client, candidate, contract, trusted)
