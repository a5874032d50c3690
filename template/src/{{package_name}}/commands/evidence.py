"""Compares data, model, metrics and card that `make run` made here with what is committed: the last step of CI.

`make evidence`. Where this machine trained another model, the committed one is evaluated again.
"""

import json
import logging
import tempfile
from pathlib import Path

import yaml

from .. import project
from ..mlops.core import lineage
from ..mlops.core.errors import GateRefused
from ..mlops.core.paths import AUDIT, CARD, DATASET, LOCK, METRICS, MODEL, TEST, TRAIN
from ..mlops.core.runner import run
from ..mlops.evaluation import report
from ..mlops.evaluation.differences import differences
from ..mlops.evaluation.reevaluation import REMEDY, recorded, repeated
from ..mlops.models import canonical
from ..mlops.reporting import model_card
from ..mlops.tracking.model_history import stored

log = logging.getLogger(__name__)


def _outs(lock: bytes) -> dict[str, str]:
    stages = (yaml.safe_load(lock) or {}).get("stages", {})
    return {out["path"]: str(out.get("md5")) for stage in stages.values() for out in stage.get("outs", [])}


def compare(revision: str = "HEAD") -> None:
    """Compares what a run left with what is committed.

    A machine of another kind rounds otherwise, and may train another model: then the committed one is evaluated.

    Raises:
        GateRefused: The committed data, model, metrics or card are not what this run made.
    """
    there = {path: lineage.content(revision, path) for path in (LOCK, METRICS, CARD)}
    if not any(there.values()) and not lineage.content(revision, AUDIT):
        log.info("%s has no model: there is nothing to compare", revision)
        return
    missing = [path.as_posix() for path, content in there.items() if content is None or not path.exists()]
    here, locked = _outs(LOCK.read_bytes() if LOCK.exists() else b""), _outs(there[LOCK] or b"")
    names = [path.as_posix() for path in (DATASET, TRAIN, TEST)]
    missing += [f"{name} of {LOCK}" for name in names if name not in locked or locked[name] != here.get(name)]
    if missing:
        raise GateRefused(f"{', '.join(missing)} in {revision} is not what this run made: {REMEDY}.")
    record, name, criteria = recorded(), MODEL.as_posix(), project.criteria()
    with tempfile.TemporaryDirectory() as folder:
        path = MODEL if here.get(name) == locked.get(name) else stored(revision, Path(folder))
        again = repeated(path, canonical.content_hash(path), criteria, noted=True)
    failed = [gate["name"] for gate in again["gates"] if not gate["passed"]]
    other = differences(report.numbers(again, criteria.metrics), json.loads(there[METRICS] or b"null"))
    changed = [f"{METRICS} ({', '.join(other[:3])})"] if other else []
    text = (there[CARD] or b"").decode("utf-8", "replace")
    changed += [] if model_card.same(criteria.contract, again, record, text) else [str(CARD)]
    if failed or changed:
        closed = f" It fails {', '.join(failed)}." if failed else ""
        raise GateRefused(
            f"{' and '.join(changed) or MODEL} in {revision} is not what its model gives:{closed} {REMEDY}."
        )
    log.info("%s, %s and %s of %s are what this run made", LOCK, METRICS, CARD, revision)


if __name__ == "__main__":
    run(compare)
