"""Evaluates a model again on the held-out rows, for `register` and `make gate`: a gate must pass again."""

import json
from pathlib import Path
from typing import Any

from ..contract import notes
from ..core import lineage, params
from ..core.errors import GateRefused
from ..core.paths import EVALUATION, METRICS, MODEL, RECORD
from ..models import importance, persistence
from . import enforcement, held_out, report
from .champion import Champion
from .differences import differences
from .gates import Gate
from .report import Criteria

REMEDY = (
    "run `make run` (after an update of packages `uv run dvc repro --force`), commit what it changes, `uv run dvc push`"
)
UNMEASURED = {"evidence": "not_measured"}


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


def repeated(
    path: Path, model_hash: str, criteria: Criteria, against: Champion | None = None, *, noted: bool = False
) -> dict[str, Any]:
    """Evaluates a model on the held-out rows, as the stage `evaluate` does, and returns what that one would write.

    Args:
        path: The model's file.
        model_hash: What it must be.
        criteria: Those of the project.
        against: The champion to compare it with.
        noted: With all notes of that stage: those on importance take a prediction for each feature and repeat.

    Raises:
        Refusal: The file is not the model that was recorded.
    """
    pipeline = persistence.load(path, model_hash, criteria.trusted)
    held = held_out.load_test_set(pipeline, criteria.contract)
    served = report.serving(pipeline, path, model_hash, held, criteria.contract)
    found: dict[str, Any] = json.loads(json.dumps(report.report(held, criteria, model_hash, against, served)))
    if noted:
        scorer, seed = criteria.metrics.scorer(criteria.contract, held.table), params.load().evaluate.bootstrap.seed
        rows = importance.importance(pipeline, held.frame, held.labels, scorer, seed)
        found[notes.KEY] = sorted({*found[notes.KEY], *importance.flagged(rows)})
    return found


def _alone(report: dict[str, Any]) -> dict[str, Any]:
    """Returns what is judged: no notes, no single rows, no champion of the moment, no model without mitigation."""
    return {
        **report,
        notes.KEY: None,
        "champion": None,
        "best": None,
        "unmitigated": None,
        "worst": None,
        "gates": [gate for gate in report["gates"] if gate["name"] != "champion"],
    }


def judge(record: dict[str, Any], criteria: Criteria, against: Champion | None = None) -> None:
    """Lets a model pass that passes its gates when it is evaluated again, with the results that were written.

    Args:
        record: Of the model.
        criteria: Those of the project.
        against: The champion to compare it with, if it is not the champion itself.

    Raises:
        GateRefused: A gate is closed, the results are others, or one of them is not there.
    """
    written, short = _read(EVALUATION), record["sha256"][:12]
    verdict = written.get("gates")
    if written.get("model_hash") != record["sha256"] or not verdict or not all(gate["passed"] for gate in verdict):
        raise GateRefused(f"{EVALUATION} does not say that model {short} passed all gates: run `make run`.", UNMEASURED)
    again = repeated(MODEL, record["sha256"], criteria, against)
    closed = [gate for gate in again["gates"] if not gate["passed"]]
    if closed:
        failed, sentence = f"model {short} fails {len(closed)} gates when it is evaluated again", closed[0]["sentence"]
        raise GateRefused(
            f"{failed}: {sentence}",
            enforcement.reasons([Gate(**row) for row in closed]),
            f"{failed}: {sentence.partition(':')[0]}",
        )
    metrics = _read(METRICS)
    other = differences(_alone(again), _alone(written)) + differences(report.numbers(again, criteria.metrics), metrics)
    other += [] if record["data_hash"] == lineage.data_hash() else [f"data_hash of {RECORD}"]
    if other:
        raise GateRefused(
            f"model {short} was evaluated again, and {EVALUATION}, {METRICS} or {RECORD} say otherwise "
            f"({', '.join(other[:3])}): they were not written by this commit. Find out who wrote them, and {REMEDY}.",
            {"evidence": "limit"},
        )
