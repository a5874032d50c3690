"""Judges a model again and compares with what is committed: that a gate was passed is repeated, not believed.

`register` and `make gate` evaluate the model again on the held-out rows. `make evidence`, the last step of CI, compares
what `make run` made there with the commit: data, model, metrics, card.
"""

import json
import logging
import tempfile
from pathlib import Path
from typing import Any

import yaml

from ... import project
from ..core import lineage
from ..core.errors import GateRefused
from ..core.paths import AUDIT, CARD, DATASET, EVALUATION, LOCK, METRICS, MODEL, RECORD, TEST, TRAIN
from ..core.runner import run
from ..evaluation import gates, held_out
from ..evaluation.champion import Champion
from ..evaluation.gates import Gate
from ..models import canonical, persistence
from ..reporting import model_card
from ..tracking.model_history import stored
from . import report
from .differences import differences

REMEDY = (
    "run `make run` (after an update of packages `uv run dvc repro --force`), commit what it changes, `uv run dvc push`"
)
UNMEASURED = {"evidence": "not_measured"}
log = logging.getLogger(__name__)


def _read(path: Path) -> dict[str, Any]:
    """Reads what a stage wrote.

    Raises:
        GateRefused: It is not there, or is not JSON.
    """
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise GateRefused(f"there is no {path}, so nothing judged the model: run `make run`.", UNMEASURED) from None
    except ValueError:
        raise GateRefused(f"{path} is not what a stage wrote: run `make run`.", UNMEASURED) from None
    return found


def recorded() -> dict[str, Any]:
    """Returns the record of the model that was trained last.

    Raises:
        GateRefused: There is none.
    """
    return _read(RECORD)


def repeated(path: Path, model_hash: str, against: Champion | None = None) -> dict[str, Any]:
    """Evaluates a model on the held-out rows, as the stage `evaluate` does, and returns what that one would write.

    Raises:
        Refusal: The file is not the model that was recorded.
    """
    pipeline = persistence.load(path, model_hash, project.trusted())
    held = held_out.hold(pipeline, project.contract())
    served = report.serving(pipeline, path, model_hash, held)
    found: dict[str, Any] = json.loads(json.dumps(report.report(held, model_hash, against, served)))
    return found


def _alone(report: dict[str, Any]) -> dict[str, Any]:
    """Returns what does not depend on which model is champion at the moment."""
    return {**report, "champion": None, "gates": [gate for gate in report["gates"] if gate["name"] != "champion"]}


def judge(record: dict[str, Any], against: Champion | None = None) -> None:
    """Lets a model pass that passes its gates when it is evaluated again, with the results that were written.

    Args:
        record: Of the model.
        against: The champion to compare it with, if it is not the champion itself.

    Raises:
        GateRefused: A gate is closed, the results are others, or one of them is not there.
    """
    written, short = _read(EVALUATION), record["sha256"][:12]
    verdict = written.get("gates")
    if written.get("model_hash") != record["sha256"] or not verdict or not all(gate["passed"] for gate in verdict):
        raise GateRefused(f"{EVALUATION} does not say that model {short} passed all gates: run `make run`.", UNMEASURED)
    again = repeated(MODEL, record["sha256"], against)
    closed = [gate for gate in again["gates"] if not gate["passed"]]
    if closed:
        raise GateRefused(
            f"model {short} fails {len(closed)} gates when it is evaluated again: {closed[0]['sentence']}",
            gates.reasons([Gate(**row) for row in closed]),
        )
    metrics = _read(METRICS)
    other = differences(_alone(again), _alone(written)) + differences(report.numbers(again), metrics)
    other += [] if record["data_hash"] == lineage.data_hash() else [f"data_hash of {RECORD}"]
    if other:
        raise GateRefused(
            f"model {short} was evaluated again, and {EVALUATION}, {METRICS} or {RECORD} say otherwise "
            f"({', '.join(other[:3])}): they were not written by this commit. Find out who wrote them, and {REMEDY}.",
            {"evidence": "limit"},
        )


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
    missing = [path.as_posix() for path, content in there.items() if content is None]
    here, locked = _outs(LOCK.read_bytes() if LOCK.exists() else b""), _outs(there[LOCK] or b"")
    names = [path.as_posix() for path in (DATASET, TRAIN, TEST)]
    missing += [f"{name} of {LOCK}" for name in names if name not in locked or locked[name] != here.get(name)]
    if missing:
        raise GateRefused(f"{', '.join(missing)} in {revision} is not what this run made: {REMEDY}.")
    record, name = recorded(), MODEL.as_posix()
    with tempfile.TemporaryDirectory() as folder:
        path = MODEL if here.get(name) == locked.get(name) else stored(revision, Path(folder))
        again = repeated(path, canonical.content_hash(path))
    failed = [gate["name"] for gate in again["gates"] if not gate["passed"]]
    other = differences(report.numbers(again), json.loads(there[METRICS] or b"null"))
    changed = [f"{METRICS} ({', '.join(other[:3])})"] if other else []
    text = (there[CARD] or b"").decode("utf-8", "replace")
    changed += [] if model_card.same(project.contract(), again, record, text) else [str(CARD)]
    if failed or changed:
        closed = f" It fails {', '.join(failed)}." if failed else ""
        raise GateRefused(
            f"{' and '.join(changed) or MODEL} in {revision} is not what its model gives:{closed} {REMEDY}."
        )
    log.info("%s, %s and %s of %s are what this run made", LOCK, METRICS, CARD, revision)


if __name__ == "__main__":
    run(compare)
