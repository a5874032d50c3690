"""Finds the champion that a new model is measured against, and the best model that ever was champion.

The audit log says which they are: the one in the folder, or in CI that of the git revision that `CHAMPION_REV` names.
The models come from the registry, or from DVC's cache or remote; each must have the hash that the log has of it.
"""

import os
import tempfile
from dataclasses import dataclass, replace

import mlflow
import pandas as pd
from mlflow.exceptions import MlflowException
from sklearn.pipeline import Pipeline

from ..contract.columns import Contract
from ..core import lineage, params
from ..core.errors import Refusal, UsageError
from ..core.paths import AUDIT, TEST
from ..core.untrusted_text import reason
from ..governance import audit_log, champions
from ..governance.audit_chain import Entry, parse
from ..models import persistence
from ..models.prediction import predict
from ..tracking import audited, model_history, projection
from .metric_set import MetricSet

REVISION = "CHAMPION_REV"


@dataclass(frozen=True)
class Champion:
    """A champion: its name for people, and the pipeline; none where it can't be measured, with the reason.

    Attributes:
        version: The name.
        pipeline: The model, or None.
        reason: Why there is none.
        best: A former champion that was better on the same held-out rows, if there is one.
    """

    version: str
    pipeline: Pipeline | None
    reason: str = ""
    best: "Champion | None" = None


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
    return replace(champion, best=comparable(champion.best, frame, contract) if champion.best else None)


def _loaded(client: mlflow.MlflowClient, said: dict[str, str], contract: Contract, trusted: list[str]) -> Champion:
    number, target = said["version"], said.get("target", contract.target.name)
    if target != contract.target.name:
        return Champion(number, None, f"champion {number} predicts {target}, the contract now {contract.target.name}")
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = projection.model_file(client, said, folder)
            return Champion(number, persistence.load(path, said["model_hash"], trusted))
    except (MlflowException, OSError, ImportError, Refusal) as error:
        return Champion(number, None, f"champion {number} can't be loaded: {reason(error).rstrip('.')}")


def _log(client: mlflow.MlflowClient, name: str) -> list[Entry]:
    """Returns the log that says who is champion: the folder's, or that of the revision in `CHAMPION_REV`.

    Raises:
        Refusal: The log was removed, or log and registry contradict each other.
    """
    revision = os.environ.get(REVISION)
    if not revision:
        audit_log.demand_whole()
        chain = audit_log.entries()
        if audited.is_followed(client, name, chain):
            audited.agree(client, name, audit_log.chosen(chain, name))
        return chain
    if lineage.resolve(revision) is None:
        raise UsageError(f"{REVISION} is {revision}, which is no revision: fetch it, or name another one.")
    content = lineage.content(revision, AUDIT)
    # Without a promotion there is no log yet; one that was removed would open the gate.
    if content is None and model_history.locked(revision) is not None and lineage.had(revision, AUDIT):
        raise Refusal(f"{revision} has a model but no {AUDIT}, which says whether it is champion: restore it from git.")
    return parse(content or b"", f"{AUDIT} of {revision}")


def find(
    client: mlflow.MlflowClient, candidate: str, contract: Contract, trusted: list[str], metrics: MetricSet
) -> Champion | None:
    """Returns the champion, or None where there is none or the candidate is the champion.

    Args:
        client: Of the registry.
        candidate: Content hash of the model that is being evaluated.
        contract: The columns.
        trusted: As of `persistence.load`.
        metrics: Of `metrics.py`: by the primary one the best is known.

    Raises:
        Refusal: The log is not intact, names two champions, or contradicts the registry.
    """
    name = params.load().register_.model_name
    chain = _log(client, name)
    entry = audit_log.chosen(chain, name)
    if entry is None or entry["model_hash"] == candidate:
        return None
    said = projection.facts(chain, entry)  # of a rollback, the entry alone does not say what was measured
    found = _loaded(client, said, contract, trusted)
    best = champions.best_before(chain, said, lineage.md5(TEST), metrics.primary in metrics.lower_is_better)
    if best is None or best["model_hash"] == candidate:
        return found
    return replace(found, best=_loaded(client, projection.facts(chain, best), contract, trusted))
