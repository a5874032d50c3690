"""The acts that change which model is champion: promote, roll back, refuse.

Each act is written into the audit log before the registry follows it, and can be repeated safely. Mirrors of the
registry follow at last, and stop nothing.
"""

import logging

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion

from ..contract.columns import Contract
from ..core import lineage
from ..core.errors import UsageError
from ..core.paths import AUDIT
from ..governance import audit_log, champions
from . import audited, projection, versions
from .mirrors import registry_mirrors

log = logging.getLogger(__name__)


def promote(
    client: MlflowClient, said: dict[str, str], why: str, contract: Contract, trusted: list[str]
) -> ModelVersion:
    """Makes a model that passed its gates the champion.

    Args:
        client: Of the registry.
        said: What the entry says: `model`, `model_hash`, and where the model came from.
        why: The reason.
        contract: The columns.
        trusted: As of `persistence.load`.

    Raises:
        Refusal: The audit log is not intact, the model can't be had, or the server does not let this user do it.
    """
    name = said["model"]
    with audit_log.locked(AUDIT):
        audited.opened(client, name)
        chain = audit_log.entries()
        present = audit_log.champions(chain, name)
        if len(present) == 1 and champions.same(present[0], said):
            log.info("%s %s is the champion already", name, present[0]["version"])
            version = projection.follow(client, name, present[0], contract, trusted)
        else:
            number = champions.next_number(chain, name, said["model_hash"])
            version = projection.version_of(client, said, number, contract, trusted)
            facts = {key: value for key, value in said.items() if key != "model"}
            audit_log.add("promote", name, str(version.version), why, path=AUDIT, **facts, **lineage.retrain_trigger())
            version = projection.follow(client, name, audit_log.entries()[-1], contract, trusted)
            log.info("%s %s is champion: %s", name, version.version, why)
    registry_mirrors.follow(client, name)
    return version


def rollback(client: MlflowClient, name: str, why: str, contract: Contract, trusted: list[str]) -> None:
    """Makes the former champion the champion again, with the threshold that it had.

    Raises:
        UsageError: There is no champion, or none before it.
        Refusal: As `promote`, or two branches made a champion each.
    """
    with audit_log.locked(AUDIT):
        audited.opened(client, name)
        chain = audit_log.entries()
        present, line = audit_log.chosen(chain, name), champions.line_of_champions(chain, name)
        audited.agree(client, name, present)
        if present is None or len(line) < 2:
            raise UsageError(f"{name} has no former champion to roll back to.")
        projection.version_in(client, chain, line[-2], contract, trusted)
        former = champions.facts(chain, line[-2])
        facts = {key: former[key] for key in ("model_hash", "model_file", "threshold") if key in former}
        audit_log.add("rollback", name, former["version"], why, path=AUDIT, **facts)
        projection.follow(client, name, audit_log.entries()[-1], contract, trusted)
    kept = f" with threshold {former['threshold']}" if "threshold" in former else ""
    log.info("rolled back %s from %s to %s%s: %s", name, present["version"], former["version"], kept, why)
    registry_mirrors.follow(client, name)


def challenge(client: MlflowClient, said: dict[str, str], contract: Contract, trusted: list[str]) -> ModelVersion:
    """Makes a version of a model that passed its gates and waits for `make promote`: the challenger."""
    name = said["model"]
    with audit_log.locked(AUDIT):
        audited.opened(client, name)
        number = champions.next_number(audit_log.entries(), name, said["model_hash"])
        version = projection.version_of(client, said, number, contract, trusted)
        client.set_registered_model_alias(name, versions.CHALLENGER, version.version)
    registry_mirrors.follow(client, name)
    return version


def refuse(client: MlflowClient, name: str, why: str, model_hash: str, data_hash: str) -> None:
    """Records that a retrained model did not become champion, and why; without a model, that its data were refused.

    Raises:
        Refusal: The audit log is not intact.
    """
    with audit_log.locked(AUDIT):
        audited.opened(client, name)
        facts = {"model_hash": model_hash, "data_hash": data_hash, **lineage.retrain_trigger()}
        audited.remember(client, name, audit_log.add("refuse", name, "", why, path=AUDIT, **facts))
