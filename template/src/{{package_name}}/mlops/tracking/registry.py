"""Moves versions of the model through the MLflow registry: challenger, champion, and back.

`python -m <package>.commands.registry promote --why "..."` and `... rollback --why "..."`; each step is written into
the audit log before it is taken, and can be repeated safely.
"""

import logging

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from ..core.errors import GateRefused, Refusal, UsageError
from ..governance import audit_log
from .audited import opened, record

log = logging.getLogger(__name__)

CHALLENGER, CHAMPION = "challenger", "champion"


def by_alias(client: MlflowClient, name: str, alias: str) -> ModelVersion | None:
    """Returns the version that has the alias, or None."""
    try:
        return client.get_model_version_by_alias(name, alias)
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise


def _step(client: MlflowClient, action: str, version: ModelVersion, why: str, **facts: str) -> None:
    model_hash = version.tags.get("model_hash", "")
    record(client, action, version.name, str(version.version), why, model_hash=model_hash, **facts)


def _logged_model(client: MlflowClient, run_id: str) -> str:
    """Returns the id of the model that a run logged: of a version that names the run, MLflow's loaders find no file.

    Raises:
        Refusal: The run has no model, because it was deleted.
    """
    outputs = client.get_run(run_id).outputs
    if outputs is None or not outputs.model_outputs:
        raise Refusal(f"run {run_id} has no model in MLflow: log it again, `uv run dvc repro --force train`.")
    return str(outputs.model_outputs[-1].model_id)


def ensure_version(client: MlflowClient, name: str, run_id: str, tags: dict[str, str]) -> ModelVersion:
    """Returns the version with that `model_hash` among its tags; creates it, as challenger, if there is none."""
    same = [
        v for v in client.search_model_versions(f"name = '{name}'") if v.tags.get("model_hash") == tags["model_hash"]
    ]
    if same:
        return max(same, key=lambda version: int(version.version))
    model_id = _logged_model(client, run_id)
    version = client.create_model_version(name, f"models:/{model_id}", run_id, tags=tags, model_id=model_id)
    client.set_registered_model_alias(name, CHALLENGER, version.version)
    return client.get_model_version(name, version.version)


def register(client: MlflowClient, name: str, run_id: str, tags: dict[str, str], rows: int) -> ModelVersion:
    """Registers a model that passed its gates as challenger; data that are not those of before get an entry too.

    Args:
        client: Of the registry.
        name: Of the model.
        run_id: Of the run that made it.
        tags: Of the version: hashes of model and data, and where they came from.
        rows: How many rows it was trained on.

    Raises:
        Refusal: The audit log is not intact, or the server does not let this user change the model.
    """
    opened(client, name)
    version = ensure_version(client, name, run_id, tags)
    chain = audit_log.entries()
    known = [entry["data_hash"] for entry in chain if entry["action"] in ("register", "data") and "data_hash" in entry]
    data = {"data_hash": tags["data_hash"], "training_rows": str(rows)}
    if known and known[-1] != tags["data_hash"]:
        _step(client, "data", version, "the data changed", former_data_hash=known[-1], **data)
    if not any(entry["action"] == "register" and entry["model_hash"] == tags["model_hash"] for entry in chain):
        _step(client, "register", version, "a new model", **data)
    champion = by_alias(client, name, CHAMPION)
    if champion is None or champion.version != version.version:
        client.set_registered_model_alias(name, CHALLENGER, version.version)
    return version


def refuse(client: MlflowClient, name: str, why: str, model_hash: str, data_hash: str) -> None:
    """Records that a retrained model did not become a version, and why; without a model, that its data were refused.

    Raises:
        Refusal: The audit log is not intact.
    """
    record(client, "refuse", name, "", why, model_hash=model_hash, data_hash=data_hash)


def promote(client: MlflowClient, version: ModelVersion, why: str) -> None:
    """Makes a version the champion.

    Raises:
        GateRefused: It did not pass its gates, or the audit log is not intact.
    """
    if version.tags.get("gates") != "passed":
        raise GateRefused(
            f"{version.name} {version.version} did not pass the gates, so it can't be champion: run the pipeline."
        )
    champion = by_alias(client, version.name, CHAMPION)
    already = champion is not None and champion.version == version.version
    entry = audit_log.chosen(audit_log.entries(), version.name)
    if already and entry is not None and entry.get("model_hash") == version.tags["model_hash"]:
        log.info("%s %s is the champion already", version.name, version.version)
        return
    _step(client, "promote", version, why)
    if not already:  # else it is champion without an entry, such as after a re-anchoring
        before = str(champion.version) if champion else ""
        client.set_model_version_tag(version.name, version.version, "replaces", before)
    client.set_registered_model_alias(version.name, CHAMPION, version.version)
    log.info("%s %s is champion: %s", version.name, version.version, why)


def rollback(client: MlflowClient, name: str, why: str) -> None:
    """Makes the former champion the champion again.

    Raises:
        UsageError: There is no champion, or none before it.
    """
    champion = by_alias(client, name, CHAMPION)
    former = champion.tags.get("replaces") if champion else None
    if champion is None or not former:
        raise UsageError(f"{name} has no former champion to roll back to.")
    version = client.get_model_version(name, former)
    _step(client, "rollback", version, why)
    client.set_registered_model_alias(name, CHAMPION, former)
    log.info("rolled back %s from %s to %s: %s", name, champion.version, former, why)
