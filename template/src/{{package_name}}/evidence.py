"""Judges a model again and compares with what is committed: that a gate was passed is repeated, not believed.

`register` and `make gate` evaluate the model again on the held-out rows. `python -m <package>.evidence`, the last step
of CI, compares what `make run` made there with the commit: data, model, metrics, card.
"""

import json
import logging
import math
import tempfile
from pathlib import Path
from typing import Any

import yaml

from . import artifact, evaluate, lineage, measure, model_card, persistence, project
from .champion import Champion, stored
from .paths import CARD, DATASET, EVALUATION, LOCK, METRICS, MODEL, RECORD, TEST, TRAIN
from .stage import Refusal, run

# Numbers are written with six decimals. Another processor may round the last bit of a sum otherwise, and that moves the
# last decimal by one where it falls between two.
TOLERANCE = 1.5e-6
REMEDY = (
    "run `make run` (after an update of packages `uv run dvc repro --force`), commit what it changes, `uv run dvc push`"
)
log = logging.getLogger(__name__)


def differences(here: Any, there: Any, where: str = "") -> list[str]:
    """Returns where two trees of JSON differ, by the names that lead there."""
    if isinstance(here, dict) and isinstance(there, dict):
        keys = sorted({*here, *there})
        return [
            name for key in keys for name in differences(here.get(key), there.get(key), f"{where}.{key}".strip("."))
        ]
    if isinstance(here, list) and isinstance(there, list) and len(here) == len(there):
        return [
            name
            for at, pair in enumerate(zip(here, there, strict=True))
            for name in differences(*pair, f"{where}[{at}]")
        ]
    if type(here) is type(there) is float:
        same = math.isclose(here, there, rel_tol=0, abs_tol=TOLERANCE) or (math.isnan(here) and math.isnan(there))
    else:
        same = type(here) is type(there) and here == there
    return [] if same else [where]


def recorded() -> dict[str, Any]:
    """Returns the record of the model that was trained last."""
    found: dict[str, Any] = json.loads(RECORD.read_text(encoding="utf-8"))
    return found


def repeated(path: Path, model_hash: str, against: Champion | None = None) -> dict[str, Any]:
    """Evaluates a model on the held-out rows, as the stage `evaluate` does, and returns what that one would write.

    Raises:
        Refusal: The file is not the model that was recorded.
    """
    held = measure.hold(persistence.load(path, model_hash, project.trusted()), project.contract())
    found: dict[str, Any] = json.loads(json.dumps(evaluate.report(held, model_hash, against)))
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
        Refusal: A gate is closed, or the results are others.
    """
    report, short = json.loads(EVALUATION.read_text(encoding="utf-8")), record["sha256"][:12]
    if report["model_hash"] != record["sha256"] or not report["gates"] or not all(g["passed"] for g in report["gates"]):
        raise Refusal(f"{EVALUATION} does not say that model {short} passed all gates: run `make run`.")
    again = repeated(MODEL, record["sha256"], against)
    closed = [gate["sentence"] for gate in again["gates"] if not gate["passed"]]
    if closed:
        raise Refusal(f"model {short} fails {len(closed)} gates when it is evaluated again: {closed[0]}")
    metrics = json.loads(METRICS.read_text(encoding="utf-8"))
    other = differences(_alone(again), _alone(report)) + differences(evaluate.numbers(again), metrics)
    other += [] if record["data_hash"] == lineage.data_hash() else [f"data_hash of {RECORD}"]
    if other:
        raise Refusal(
            f"model {short} was evaluated again, and {EVALUATION}, {METRICS} or {RECORD} say otherwise "
            f"({', '.join(other[:3])}): they were not written by this commit. Find out who wrote them, and {REMEDY}."
        )


def _outs(lock: bytes) -> dict[str, str]:
    stages = (yaml.safe_load(lock) or {}).get("stages", {})
    return {out["path"]: str(out.get("md5")) for stage in stages.values() for out in stage.get("outs", [])}


def compare(revision: str = "HEAD") -> None:
    """Compares what a run left with what is committed.

    A machine of another kind rounds otherwise, and may train another model: then the committed one is evaluated.

    Raises:
        Refusal: The committed data, model, metrics or card are not what this run made.
    """
    there = {path: lineage.content(revision, path) for path in (LOCK, METRICS, CARD)}
    if not any(there.values()):
        log.info("%s has no model: there is nothing to compare", revision)
        return
    missing = [path.as_posix() for path, content in there.items() if content is None]
    here, locked = _outs(LOCK.read_bytes()), _outs(there[LOCK] or b"")
    names = [path.as_posix() for path in (DATASET, TRAIN, TEST)]
    missing += [f"{name} of {LOCK}" for name in names if name not in locked or locked[name] != here.get(name)]
    if missing:
        raise Refusal(f"{', '.join(missing)} in {revision} is not what this run made: {REMEDY}.")
    record, name = recorded(), MODEL.as_posix()
    with tempfile.TemporaryDirectory() as folder:
        path = MODEL if here.get(name) == locked.get(name) else stored(revision, Path(folder))
        again = repeated(path, artifact.content_hash(path))
    failed = [gate["name"] for gate in again["gates"] if not gate["passed"]]
    other = differences(evaluate.numbers(again), json.loads(there[METRICS] or b"null"))
    changed = [f"{METRICS} ({', '.join(other[:3])})"] if other else []
    text = (there[CARD] or b"").decode("utf-8", "replace")
    changed += [] if model_card.same(project.contract(), again, record, text) else [str(CARD)]
    if failed or changed:
        closed = f" It fails {', '.join(failed)}." if failed else ""
        raise Refusal(f"{' and '.join(changed) or MODEL} in {revision} is not what its model gives:{closed} {REMEDY}.")
    log.info("%s, %s and %s of %s are what this run made", LOCK, METRICS, CARD, revision)


if __name__ == "__main__":
    run(compare)
