"""Writes a step of the model into the audit log before it is taken, and lets the registry remember the entry."""

from mlflow import MlflowClient

from ..core import lineage, params
from ..core.paths import AUDIT
from ..governance import audit_log
from . import mlflow_client

ANCHOR = "audit_head"


def anchor() -> str | None:
    """Returns the hash of the audit log's newest entry, as the registry remembers it."""
    client, name = mlflow_client.connect(), params.load().register_.model_name
    known = client.search_registered_models(f"name = '{name}'")
    return str(known[0].tags[ANCHOR]) if known and known[0].tags.get(ANCHOR) else None


def opened(client: MlflowClient, name: str) -> None:
    """Makes sure that a step may be recorded: the model has its name, the log is intact, this user may change both.

    Raises:
        Refusal: The audit log is not intact, or the server does not let this user change the model.
    """
    with audit_log.locked(AUDIT):
        _opened(client, name)


def _opened(client: MlflowClient, name: str) -> None:
    if not client.search_registered_models(f"name = '{name}'"):
        client.create_registered_model(name)
    head = anchor()
    audit_log.verify(head)
    # Set to what it is: else the right would be found missing when the entry of a step that never was is written.
    with mlflow_client.permitted(f"change the model {name}"):
        remember(client, name, head or "")


def record(client: MlflowClient, action: str, name: str, version: str, why: str, **facts: str) -> None:
    """Writes the audit entry, then lets the registry remember it.

    Raises:
        Refusal: The audit log is not intact, or the server does not let this user change the model.
    """
    with audit_log.locked(AUDIT):
        _opened(client, name)
        remember(
            client, name, audit_log.add(action, name, version, why, path=AUDIT, **facts, **lineage.retrain_trigger())
        )


def remember(client: MlflowClient, name: str, entry: str) -> None:
    """Lets the registry remember an entry of the audit log."""
    client.set_registered_model_tag(name, ANCHOR, entry)
