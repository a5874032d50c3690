"""Measures and judges: reads the predictions once, compares them with all that they are compared with."""

import math
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ..contract.columns import Contract
from ..contract.frame import feature_frame
from ..core import params
from ..core.errors import UsageError
from ..core.untrusted_text import address
from . import drift, performance, quality, reference
from .labels import Labels, keys
from .prediction_reader import PredictionReader
from .sampling import Reservoir, too_few
from .settings import Finding, Monitor


def predictions(predicted: np.ndarray, contract: Contract) -> pd.DataFrame:
    """Returns what is watched of predictions: values, or probabilities of the positive class or of each of several."""
    if contract.problem == "multiclass":
        return pd.DataFrame({f"the prediction of {label}": predicted[:, n] for n, label in enumerate(contract.classes)})
    return pd.DataFrame({"the prediction": predicted if predicted.ndim == 1 else predicted[:, 1]})


def sampling(traffic: tuple[int, int], reference_: tuple[int, int]) -> dict[str, float]:
    """Returns by how much drawing some of the rows may mislead, in 95 of 100 draws at least.

    Args:
        traffic: How many predictions there are, and how many were drawn.
        reference_: The same of the held-out rows.

    Returns:
        `share`: of a share of the predictions (normal, the worst case of one half, of a finite population);
        `distance`: of a distance between numbers (Dvoretzky, Kiefer, Wolfowitz, Massart).
    """
    rows, drawn = traffic
    share = 1.96 * math.sqrt(0.25 / drawn * (rows - drawn) / max(rows - 1, 1))
    parts = [drawn for rows, drawn in (traffic, reference_) if drawn < rows]
    return {"share": share, "distance": sum(math.sqrt(math.log(2 * len(parts) / 0.05) / (2 * n)) for n in parts)}


def look(
    opened: PredictionReader, contract_: Contract, settings: Monitor, labels: Labels | None
) -> tuple[Reservoir, Reservoir, dict[str, Any]]:
    """Reads all predictions once.

    Returns:
        Those drawn of all, those drawn of the ones whose label is known, and what was measured of their quality.
    """
    drawn, labelled = (Reservoir(settings.max_rows, settings.seed + n) for n in (0, 1))
    tallies = {column.name: quality.Tally() for column in opened.checked}
    requests = []
    for batch in opened.batches():
        drawn.add(batch)
        for column in opened.checked:
            tallies[column.name].add(batch[column.name], column)
        if labels:
            labelled.add(labels.join(batch))
        if {"_request_id", "_row"} <= set(opened.names):
            # Up to 0.5.0 a client could give several requests one id: what was copied has the same time as well.
            requests.append(keys(batch, [name for name in ("_request_id", "_row", "_time") if name in opened.names]))
    hashes = np.concatenate(requests) if requests else None
    return drawn, labelled, quality.measure(tallies, hashes, max(drawn.seen, 1), contract_, settings)


def drifted(
    rows: pa.Table, known: reference.Reference, contract_: Contract, settings: Monitor
) -> tuple[dict[str, Any], list[Finding]]:
    """Compares drawn predictions with the reference, and writes Evidently's report."""
    watched = [column.name for column in contract_.features if column.name not in settings.ignore]
    answers = reference.logged(rows, contract_, known.pipeline)
    ours = known.frame[watched].join(predictions(known.predicted, contract_))
    theirs = feature_frame(rows, contract_)[watched].join(predictions(answers, contract_))
    measured = drift.measure(ours, theirs, settings)
    moved = {name: row for name, row in measured.items() if name in watched}
    answered = {name: row for name, row in measured.items() if name not in watched}
    drift.write(ours, theirs, moved, answered, settings)
    found = {
        "share": sum(row.drifted for row in moved.values()) / max(len(moved), 1),
        "share_allowed": settings.drift_share,
        "features": {name: row.as_dict() for name, row in moved.items()},
        "predictions": {name: row.as_dict() for name, row in answered.items()},
        "too_few": too_few([row.allowed for row in measured.values()], len(rows), settings.distance),
    }
    return found, drift.judge(moved, answered, settings)


def judged(
    table: pa.Table | None,
    labels: Labels | None,
    known: reference.Reference,
    contract_: Contract,
    settings: Monitor,
) -> tuple[dict[str, Any] | None, list[Finding], str]:
    """Measures predictions whose label is known; where that can't be done, the last value says why."""
    if labels is None:
        return None, [], "performance was not judged: no labels are given (--labels, monitor.labels)"
    if table is None or not len(table):
        return None, [], f"performance was not judged: none of {len(labels.keys):,} labels fits a prediction"
    found = performance.measured(table, known, contract_, settings)
    lost, why_not = performance.judge(found, contract_.problem, settings), found["windows"][0].get("why_not")
    found["windows"][0]["alarm"] = bool(lost)
    return found, lost, f"performance was not judged: {why_not}" if why_not else ""


def build(opened: PredictionReader, contract_: Contract, settings: Monitor, labels: Labels | None) -> dict[str, Any]:
    """Measures and judges everything."""
    drawn, labelled, kept = look(opened, contract_, settings, labels)
    rows = drawn.rows()
    if rows is None:
        raise UsageError(
            f"{address(opened.path)} holds no predictions of that time: check --since, or wait for traffic."
        )
    known = reference.load(contract_, opened.version, settings.max_rows, settings.seed)
    moved, drifts = drifted(rows, known, contract_, settings)
    performed, lost, why_not = judged(labelled.rows(), labels, known, contract_, settings)
    error = sampling((drawn.seen, len(rows)), (known.rows, len(known.frame)))
    notes = [sentence for sentence in (moved["too_few"], why_not) if sentence]
    if opened.others:
        notes.append(
            f"{opened.others:,} predictions of other versions were left out; version {opened.version} is newest"
        )
    if len(rows) < drawn.seen:
        notes.append(
            f"drift was measured on {len(rows):,} of {drawn.seen:,} predictions, drawn at random: with 95 % confidence "
            f"a share is off by at most {error['share']:.4f}, a distance between numbers by {error['distance']:.4f}; "
            "quality was measured on all"
        )
    findings = sorted(quality.judge(kept, drawn.seen) + lost + drifts, key=lambda finding: -finding.code)
    now = datetime.now(UTC)
    return {
        "model": params.load().register_.model_name,
        "version": opened.version,
        "time": now.strftime("%Y-%m-%d %H:%M UTC"),
        "timestamp": now.timestamp(),
        "exit_code": findings[0].code if findings else 0,
        "findings": [asdict(finding) for finding in findings],
        "notes": notes,
        "rows": drawn.seen,
        "sample": {"rows": len(rows), "error": error, "reference": len(known.frame)},
        "quality": kept,
        "drift": moved,
        "performance": performed,
    }
