"""How good the predictions really were, and how fair: the metrics of the gates on labels that came late, by time."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from ... import project
from ..contract.columns import Contract
from ..contract.frame import feature_frame
from ..core import params
from ..evaluation import gates, held_out
from ..evaluation.metric_set import OneClassError
from ..evaluation.parity import four_fifths
from .prediction_reader import time_column
from .reference import Reference, logged
from .settings import LOST, Finding, Monitor

DAY_US = 24 * 3600 * 10**6


def _periods(table: pa.Table, when: str | None, settings: Monitor) -> list[tuple[np.ndarray, str]]:
    """Cuts the rows into windows, the newest first; its neighbours join the newest until it has enough labels."""
    if when is None or not len(table):
        return [(np.arange(len(table)), "all labels")] if len(table) else []
    times = table[when].cast(pa.int64()).fill_null(0).to_numpy()
    end = (times.max() // DAY_US + 1) * DAY_US  # windows end with a day, in UTC
    window = ((end - 1 - times) // int(settings.window_days * DAY_US)).astype(np.int64)
    counts = np.bincount(window)
    first = int(np.searchsorted(np.cumsum(counts), min(settings.min_labels, len(table))))
    window = np.maximum(window - first, 0)
    found = []
    for number in np.unique(window):
        rows = np.flatnonzero(window == number)
        ends = (
            datetime.fromtimestamp(t / 1e6, UTC).strftime("%Y-%m-%d") for t in (times[rows].min(), times[rows].max())
        )
        found.append((rows, " to ".join(dict.fromkeys(ends))))
    return found


def _held(table: pa.Table, reference: Reference, contract: Contract) -> held_out.HeldOut:
    truth = table["_truth"].to_numpy()
    truth = truth.astype(np.int64) if contract.classes else truth
    return held_out.HeldOut(
        table, feature_frame(table, contract), truth, truth, logged(table, contract, reference.pipeline)
    )


def measured(table: pa.Table, reference: Reference, contract: Contract, settings: Monitor) -> dict[str, Any]:
    """Measures the predictions whose truth is known, by time.

    Returns:
        `labels`, how many; `windows`, the newest first, each with `period`, `labels` and, where these are enough, its
        metrics, the newest with 95 % intervals; `fairness` of the newest; `evaluation`, what the held-out rows gave.
    """
    evaluate, metrics, found = params.load().evaluate, project.metric_set(contract.problem), []
    held = _held(table, reference, contract)
    fairness: dict[str, Any] = {}
    for rows, period in _periods(table, time_column(tuple(table.column_names), contract), settings):
        row: dict[str, Any] = {"period": period, "labels": len(rows), "alarm": False}
        found.append(row)
        if len(rows) < settings.min_labels:
            row["why_not"] = f"{len(rows):,} labels, monitor.min_labels asks for {settings.min_labels:,}"
            continue
        part = held_out.HeldOut(
            table.take(rows), held.frame.iloc[rows], held.labels[rows], held.truth[rows], held.predicted[rows]
        )
        try:
            scores = metrics.score(part.scored(evaluate.threshold))
        except OneClassError:
            row["why_not"] = f"{len(rows):,} labels hold one class"
            continue
        if len(found) == 1:
            row["metrics"] = held_out.with_intervals(part, metrics, evaluate, scores)
            fairness = held_out.fairness_gaps(part, contract, evaluate)
        else:
            row["metrics"] = {name: {"value": value} for name, value in scores.items()}
    return {"labels": len(table), "windows": found, "fairness": fairness, "evaluation": reference.scores}


def judge(found: dict[str, Any], problem: Any, settings: Monitor) -> list[Finding]:
    """Says what the newest window lost: a loss counts only if the whole interval lies beyond what is allowed."""
    newest, evaluate = found["windows"][0], params.load().evaluate
    if "metrics" not in newest:
        return []
    metrics, findings = project.metric_set(problem), []
    first = metrics.primary
    on = f"on {newest['labels']:,} late labels of {newest['period']}"
    row = newest["metrics"][first]
    loss = min(metrics.gain(first, found["evaluation"][first], row[end]) for end in ("low", "high"))
    if loss > settings.tolerance:
        findings.append(
            f"{first} {on} is {row['value']:.4f} (95 % interval {row['low']:.4f} to {row['high']:.4f}), evaluation "
            f"gave {found['evaluation'][first]:.4f}, monitor.tolerance allows a loss of {settings.tolerance}: retrain."
        )
    for name, limit in evaluate.minimum.items():
        row = newest["metrics"][name]
        lower = name in metrics.lower_is_better
        if row["low"] > limit if lower else row["high"] < limit:
            findings.append(
                f"{name} {on} is {row['value']:.4f} (95 % interval {row['low']:.4f} to {row['high']:.4f}), "
                f"evaluate.minimum.{name} asks for at {'most' if lower else 'least'} {limit}: retrain."
            )
    for by, gaps in found["fairness"].items():
        for name in (*gates.LIMITS, four_fifths.NAME):
            limit, gap = getattr(evaluate.fairness, name), gaps.get(name)
            least = name == four_fifths.NAME
            if limit is None or gap is None:
                continue
            if four_fifths.is_broken(gap, limit) if least else gap["low"] > limit:
                findings.append(
                    f"{name} by {by} {on} is {gap['gap']:.3f} (95 % interval {gap['low']:.3f} to {gap['high']:.3f}), "
                    f"evaluate.fairness.{name} {'asks for at least' if least else 'allows'} {limit}: "
                    "fix the data or the model."
                )
    return [Finding(LOST, f"performance lost: {sentence}") for sentence in findings]
