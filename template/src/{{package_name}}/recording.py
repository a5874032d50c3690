"""Writes a step of the model into the audit log before it is taken, and lets the registry remember the entry."""

from pathlib import Path

from mlflow import MlflowClient

from . import audit, lineage, params, tracking
from .paths import AUDIT, DELIVERIES
from .stage import UsageError

ANCHOR = "audit_head"


def anchor() -> str | None:
    """Returns the hash of the audit log's newest entry, as the registry remembers it."""
    client, name = tracking.connect(), params.load().register_.model_name
    known = client.search_registered_models(f"name = '{name}'")
    return str(known[0].tags[ANCHOR]) if known and known[0].tags.get(ANCHOR) else None


def opened(client: MlflowClient, name: str) -> None:
    """Makes sure that a step may be recorded: the model has its name, the log is intact, this user may change both.

    Raises:
        Refusal: The audit log is not intact, or the server does not let this user change the model.
    """
    with audit.locked(AUDIT):
        _opened(client, name)


def _opened(client: MlflowClient, name: str) -> None:
    if not client.search_registered_models(f"name = '{name}'"):
        client.create_registered_model(name)
    head = anchor()
    audit.verify(head)
    # Set to what it is: else the right would be found missing when the entry of a step that never was is written.
    with tracking.permitted(f"change the model {name}"):
        _remember(client, name, head or "")


def record(client: MlflowClient, action: str, name: str, version: str, why: str, **facts: str) -> None:
    """Writes the audit entry, then lets the registry remember it.

    Raises:
        Refusal: The audit log is not intact, or the server does not let this user change the model.
    """
    with audit.locked(AUDIT):
        _opened(client, name)
        _remember(client, name, audit.add(action, name, version, why, path=AUDIT, **facts, **lineage.occasion()))


def reanchor(why: str) -> list[Path]:
    """Lets the logs that are broken resume, each by an entry that says so, and returns them.

    Raises:
        UsageError: There is no reason, both logs are intact, or the server does not let this user change the model.
    """
    if not why.strip():
        raise UsageError('say why, for the audit log: make audit-reanchor WHY="..."')
    client, name, resumed = tracking.connect(), params.load().register_.model_name, []
    with audit.locked(AUDIT):
        head = anchor()
        if head:
            with tracking.permitted(f"change the model {name}"):
                _remember(client, name, head)
        entry = audit.reanchor(why, name, head, AUDIT)
        if entry:
            resumed.append(AUDIT)
        if entry and head:
            _remember(client, name, entry)
    with audit.locked(DELIVERIES):
        if audit.reanchor(why, name, None, DELIVERIES):
            resumed.append(DELIVERIES)
    if not resumed:
        raise UsageError(f"{AUDIT} and {DELIVERIES.as_posix()} are intact: there is nothing to re-anchor.")
    return resumed


def _remember(client: MlflowClient, name: str, entry: str) -> None:
    client.set_registered_model_tag(name, ANCHOR, entry)
