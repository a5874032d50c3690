"""Keeps audit log and registry in step: what the registry remembers of the log, and whether the two contradict."""

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion

from ..core import params
from ..core.errors import Refusal
from ..core.paths import AUDIT
from ..governance import audit_log, witnesses
from . import mlflow_client
from .versions import CHAMPION, by_alias

ANCHOR = "audit_head"


def remembered(client: MlflowClient, name: str) -> str | None:
    """Returns the hash of the entry up to which the registry follows the audit log, or None."""
    known = client.search_registered_models(f"name = '{name}'")
    return str(known[0].tags[ANCHOR]) if known and known[0].tags.get(ANCHOR) else None


def anchor() -> str | None:
    """Returns `remembered` of this project's model."""
    return remembered(mlflow_client.connect(), params.load().register_.model_name)


def remember(client: MlflowClient, name: str, entry: str) -> None:
    """Lets the registry remember an entry of the audit log."""
    client.set_registered_model_tag(name, ANCHOR, entry)


def is_followed(client: MlflowClient, name: str, chain: list[audit_log.Entry]) -> bool:
    """Whether the registry follows this log, not that of another branch, whose newest entries this one lacks.

    Raises:
        Refusal: Nobody has the entry that the registry remembers: the end of the log was cut off.
    """
    try:
        witnesses.demand(remembered(client, name), chain, AUDIT)
    except witnesses.ElsewhereError:
        return False
    return True


def _hash(entry: audit_log.Entry | None) -> str:
    return str(entry["model_hash"]) if entry else ""


def contradicting(client: MlflowClient, name: str, entry: audit_log.Entry | None) -> ModelVersion | None:
    """Returns the registry's champion, if it is neither that of the log nor that of the entry which it follows.

    Args:
        client: Of the registry.
        name: Of the model.
        entry: The champion of the log.
    """
    version = by_alias(client, name, CHAMPION)
    if version is None:
        return None
    chain, head = audit_log.entries(), remembered(client, name)
    at = next((number for number, one in enumerate(chain, 1) if one["hash"] == head), 0)
    # An act that was cut short leaves the champion of before: it is taken up again, and contradicts nothing.
    former = [one for one in chain[:at] if one["action"] in audit_log.CHOSEN and one["model"] == name]
    known = {_hash(entry), *([_hash(former[-1])] if former else [])}
    return None if version.tags.get("model_hash") in known else version


def agree(client: MlflowClient, name: str, entry: audit_log.Entry | None) -> None:
    """Makes sure that log and registry name the same champion, or that the log is only ahead.

    Raises:
        Refusal: They contradict each other.
    """
    other = contradicting(client, name, entry)
    if other is None:
        return
    logged = f"version {entry['version']}, model {_hash(entry)[:12]}" if entry else "none"
    model = other.tags.get("model_hash", "")
    raise Refusal(
        f"the registry's champion is {name} {other.version}, model {model[:12] or 'unknown'}, by {AUDIT} it is "
        f"{logged}: somebody moved it without an entry; `make restore` lets the registry follow the log, "
        f'`make promote MODEL={model[:12]} WHY="..."` writes the entry.'
    )


def opened(client: MlflowClient, name: str) -> None:
    """Makes sure that a step may be recorded; the caller holds the log's lock.

    Raises:
        Refusal: The audit log is not intact, or the server does not let this user change the model.
    """
    with mlflow_client.permitted(f"change the model {name}"):
        if not client.search_registered_models(f"name = '{name}'"):
            client.create_registered_model(name)
        head = remembered(client, name)
        audit_log.verify(head)
        # Set to what it is: else the right would be found missing when the entry of a step that never was is written.
        remember(client, name, head or "")
