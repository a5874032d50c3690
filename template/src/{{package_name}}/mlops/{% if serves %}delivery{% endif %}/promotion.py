"""Promotion by delivery: the model that a merge brought to the default branch becomes champion after its gates.

A model that was champion before and was rolled back stays so: only a person promotes it again.
"""

import logging

from ..core import params
from ..core.errors import GateRefused
from ..core.paths import MODEL
from ..evaluation import reevaluation
from ..governance import audit_log, champions
from ..governance.audit_log import Entry
from ..promotion import acts
from ..tracking import mlflow_client, model_history
from . import gate

log = logging.getLogger(__name__)


def _chosen() -> list[Entry]:
    """Returns the entries that made a champion of this project's model.

    Raises:
        Refusal: The audit log is not intact, or two branches made a champion each.
    """
    name, chain = params.load().register_.model_name, audit_log.entries()
    audit_log.chosen(chain, name)
    return [entry for entry in chain if entry["action"] in audit_log.CHOSEN and entry["model"] == name]


def decided() -> bool:
    """Whether the log says something of the model file and threshold of this commit, or a delivery may say nothing.

    It needs the commit alone, not the model. Entries of up to 0.7.0 name no file: `promote` compares the model itself.

    Raises:
        GateRefused: The commit has no model.
        Refusal: The audit log is not intact, or two branches made a champion each.
    """
    chosen, locked = params.load(), model_history.locked("HEAD")
    if locked is None:
        raise GateRefused(f"dvc.lock of this commit names no {MODEL}: `make run`, and commit what it changes.")
    here = (locked, str(chosen.evaluate.threshold))
    said = {(entry.get("model_file"), entry.get("threshold")) for entry in _chosen()}
    return here in said or chosen.register_.promote == "never"


def promote() -> None:
    """Makes the model of this commit the champion, unless the audit log already decides about it.

    Raises:
        Refusal: The folder is not what the commit says, a gate is closed, or the log can't be written.
    """
    commit, chosen = gate.unchanged(), params.load()
    model = {"model_hash": reevaluation.recorded()["sha256"], "threshold": str(chosen.evaluate.threshold)}
    if chosen.register_.promote == "never" or any(champions.same(entry, model) for entry in _chosen()):
        log.info("the audit log decides about the model of commit %s, see `make gate`", commit[:12])
        return
    acts.promote(mlflow_client.connect(), f"merged as {commit[:12]}")
