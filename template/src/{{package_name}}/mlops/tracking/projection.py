"""Lets the MLflow registry show what the audit log says: what it lacks is made again, from DVC's cache or remote."""

import logging
import tempfile
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from ..contract.columns import Contract
from ..core import lineage, params
from ..core.errors import Refusal, UsageError
from ..core.paths import AUDIT, MODEL
from ..governance import audit_log, champions
from ..governance.audit_log import Entry
from ..governance.champions import facts
from ..models import canonical
from . import audited, mlflow_client, model_history, versions

TAGS = ("model_hash", "data_hash", "git_commit", "git_dirty", "target", "threshold")
log = logging.getLogger(__name__)


def model_file(client: MlflowClient, said: dict[str, str], folder: str) -> Path:
    """Gets the model of an entry: the one in `models/` if it is that, else from the registry, else from DVC.

    Raises:
        Refusal: None of them has it.
    """
    model_hash = said["model_hash"]
    if MODEL.exists() and canonical.content_hash(MODEL) == model_hash:
        return MODEL
    version = versions.by_hash(client, said["model"], model_hash)
    if version is not None:
        try:
            path = versions.download(version, folder)
        except (MlflowException, OSError, Refusal):
            log.info("%s %s has no file in MLflow: looking in DVC's cache and remote", version.name, version.version)
        else:
            canonical.verify(path, model_hash)
            return path
    stored = model_history.by_md5(said["model_file"], Path(folder)) if "model_file" in said else None
    return stored or model_history.recorded("HEAD", model_hash, Path(folder))


def version_of(
    client: MlflowClient, said: dict[str, str], number: int, contract: Contract, trusted: list[str]
) -> ModelVersion:
    """Returns the version of a model; makes it, with its run if that is gone too, if the registry lacks it.

    Args:
        client: Of the registry.
        said: What the audit log says of the model, or will say.
        number: The version that it has there.
        contract: The columns.
        trusted: As of `persistence.load`.

    Raises:
        Refusal: The model can't be had.
    """
    name, model_hash = said["model"], said["model_hash"]
    version = versions.by_hash(client, name, model_hash)
    # Entries of up to 0.7.0 do not say all of it.
    missing = {"data_hash": "", "git_commit": lineage.commit(), "git_dirty": "false", "target": contract.target.name}
    missing["threshold"] = str(params.load().evaluate.threshold)
    tags = missing | {key: said[key] for key in TAGS if key in said} | {"gates": "passed"}
    with tempfile.TemporaryDirectory() as folder:
        if version is not None:
            try:
                versions.download(version, folder)
            except (MlflowException, OSError, Refusal):
                log.info("%s %s has no file in MLflow: it gets one again", name, version.version)
            else:
                return version
        path = model_file(client, said, folder)
        if version is not None:
            with mlflow_client.permitted(f"change the model {name}"):
                if versions.fill(client, version, path, contract, trusted):
                    return version
        run_id = mlflow_client.find_run(client, model_hash)
        if version is not None or run_id is None or versions.logged_model(client, run_id) is None:
            with mlflow_client.permitted("log runs"):
                run_id = versions.log_again(path, tags, contract, trusted)
    with mlflow_client.permitted(f"change the model {name}"):
        return versions.create(client, name, run_id, number, tags)


def version_in(
    client: MlflowClient, chain: list[Entry], entry: Entry, contract: Contract, trusted: list[str]
) -> ModelVersion:
    """Returns the version of the model of an entry, as `version_of`."""
    return version_of(client, facts(chain, entry), int(entry["version"] or 0), contract, trusted)


def follow(client: MlflowClient, name: str, entry: Entry, contract: Contract, trusted: list[str]) -> ModelVersion:
    """Lets the registry show a champion of the log; the caller holds the log's lock and knows that they agree."""
    chain = audit_log.entries()
    said = facts(chain, entry)
    if not client.search_registered_models(f"name = '{name}'"):
        client.create_registered_model(name)
    line = champions.line_of_champions(chain, name)
    if len(line) > 1 and versions.by_hash(client, name, entry["model_hash"]) is None:
        try:  # first the one to which a rollback leads: numbers only grow, and its own is below
            version_in(client, chain, line[-2], contract, trusted)
        except Refusal as refusal:
            log.info("the champion before can't be had: %s", refusal)
    version = version_in(client, chain, entry, contract, trusted)
    if "threshold" in said and version.tags.get("threshold") != said["threshold"]:
        client.set_model_version_tag(name, version.version, "threshold", said["threshold"])
    current = versions.by_alias(client, name, versions.CHAMPION)
    if current is None or current.version != version.version:
        client.set_registered_model_alias(name, versions.CHAMPION, version.version)
    if audited.remembered(client, name) != chain[-1]["hash"]:
        audited.remember(client, name, chain[-1]["hash"])
    return client.get_model_version(name, version.version)


def restore(
    client: MlflowClient, name: str, contract: Contract, trusted: list[str], *, force: bool = False
) -> ModelVersion:
    """Returns the champion of the log as the registry has it, after making again there what is missing.

    A branch that lacks entries which the registry knows gets its own champion, and moves nothing.

    Args:
        client: Of the registry.
        name: Of the model.
        contract: The columns.
        trusted: As of `persistence.load`.
        force: Whether the registry follows the log also where it has another champion.

    Raises:
        UsageError: The log names no champion.
        Refusal: The log is not intact, log and registry contradict each other, or the model can't be had.
    """
    audit_log.demand_whole()
    chain = audit_log.entries()
    entry, followed = audit_log.chosen(chain, name), audited.is_followed(client, name, chain)
    if followed and not force:
        audited.agree(client, name, entry)
    if entry is None:
        raise UsageError(f'{AUDIT} names no champion of {name}: `make run`, then `make promote WHY="..."`.')
    if not followed:
        return version_in(client, chain, entry, contract, trusted)
    with audit_log.locked(AUDIT):
        return follow(client, name, entry, contract, trusted)
