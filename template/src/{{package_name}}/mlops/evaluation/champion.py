"""Finds the champion that a new model is measured against.

The registry's alias says which it is. In CI without a server, `CHAMPION_REV` names the git revision whose audit log
says it, and the model comes from DVC's cache or remote by the newest `dvc.lock` that names exactly this model.
"""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import mlflow
import pandas as pd
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from sklearn.pipeline import Pipeline

from ..contract.columns import Contract
from ..core import lineage, params
from ..core.errors import Refusal, UsageError
from ..core.paths import AUDIT
from ..core.untrusted_text import address, reason
from ..governance import audit_log
from ..governance.audit_chain import parse
from ..models import persistence
from ..models.prediction import predict
from ..tracking import mlflow_client, model_history, registry

REVISION = "CHAMPION_REV"


@dataclass(frozen=True)
class Champion:
    """A champion: its name for people, and the pipeline; none where it can't be measured, with the reason."""

    version: str
    pipeline: Pipeline | None
    reason: str = ""


def comparable(champion: Champion, frame: pd.DataFrame, contract: Contract) -> Champion:
    """Returns the champion, without its pipeline where that can't predict the rows of the frame."""
    if champion.pipeline is None:
        return champion
    names = list(champion.pipeline.feature_names_in_)
    lost = sorted(set(names) - set(frame.columns))
    if lost:
        why = f"needs {', '.join(lost)}, which the features now lack"
        return Champion(champion.version, None, f"champion {champion.version} {why}")
    try:
        predict(champion.pipeline, frame[names].head(), contract)
    except Exception as error:  # its own code, or derive of today: whatever they raise, the gate is closed
        return Champion(
            champion.version, None, f"champion {champion.version} can't predict these rows: {reason(error)}"
        )
    return champion


def download(version: ModelVersion, folder: str) -> Path:
    """Downloads a version of the model into a folder and returns the skops file; `persistence.load` verifies it.

    Raises:
        Refusal: MLflow has the version, but no file of it.
    """
    mlflow.artifacts.download_artifacts(f"models:/{version.name}/{version.version}", dst_path=folder)
    stored = next(Path(folder).rglob("*.skops"), None)
    if stored is None:
        raise Refusal(f"{version.name} {version.version} has no model in MLflow: register it again.")
    return stored


def _lost(name: str, candidate: str) -> Champion | None:
    """Returns the champion that the audit log names and the registry does not have; None before the first one."""
    entry = audit_log.chosen(audit_log.entries(), name)
    if entry is None or entry["model_hash"] == candidate:
        return None
    way = f"promote it again, or compare with the one in git: `{REVISION}=HEAD make run`"
    if not mlflow_client.is_local():
        way = "check out its commit and model, and `uv run dvc repro --force --single-item register`"
    version = entry["version"]
    return Champion(version, None, f"{AUDIT} has version {version} of {name} as champion, the registry none: {way}")


def _from_registry(
    client: mlflow.MlflowClient, candidate: str, contract: Contract, trusted: list[str]
) -> Champion | None:
    name = params.load().register_.model_name
    try:
        version = registry.by_alias(client, name, registry.CHAMPION)
    except MlflowException as error:
        where = address(client.tracking_uri)
        raise Refusal(f"MLflow at {where} can't say which version is champion: {reason(error)}; try again.") from None
    if version is None:
        return _lost(name, candidate)
    model_hash, number = version.tags.get("model_hash", ""), str(version.version)
    if model_hash == candidate:
        return None
    try:
        with tempfile.TemporaryDirectory() as folder:
            pipeline = persistence.load(download(version, folder), model_hash, trusted)
    except (MlflowException, OSError, ImportError, Refusal) as error:
        return Champion(number, None, f"champion {number} can't be loaded: {reason(error).rstrip('.')}")
    target = version.tags.get("target", "")
    if target != contract.target.name:
        return Champion(number, None, f"champion {number} predicts {target}, the contract now {contract.target.name}")
    return Champion(number, pipeline)


def _from_revision(revision: str, candidate: str, trusted: list[str]) -> Champion | None:
    if lineage.resolve(revision) is None:
        raise UsageError(f"{REVISION} is {revision}, which is no revision: fetch it, or name another one.")
    log, name = lineage.content(revision, AUDIT), params.load().register_.model_name
    if log is None and model_history.locked(revision) is None:
        return None
    entry = audit_log.chosen(parse(log or b"", f"{AUDIT} of {revision}"), name)
    if entry is None and log:
        return None  # a model was registered, and none was promoted yet
    if entry is None:
        raise Refusal(f"{revision} has a model but no {AUDIT}, which says whether it is champion: restore it from git.")
    if entry["model_hash"] == candidate:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = model_history.recorded(revision, entry["model_hash"], Path(folder))
        pipeline = persistence.load(path, entry["model_hash"], trusted)
    return Champion(revision, pipeline)


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
    revision = os.environ.get(REVISION)
    if revision and client.tracking_uri == mlflow_client.LOCAL:
        return _from_revision(revision, candidate, trusted)
    return _from_registry(client, candidate, contract, trusted)
