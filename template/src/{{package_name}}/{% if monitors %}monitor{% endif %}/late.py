"""Labels that come late: joins them to the predictions, and measures how good these really were, and how fair."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .. import features, gates, measure, metrics, params
from ..contract import Contract
from ..parse import to_kind
from ..roles import EventTime, Id
from ..source import open_source
from ..stage import Refusal
from .reference import Reference, logged
from .settings import LOG, LOST, Finding, Monitor
from .traffic import keys, time_column

DAY_US = 24 * 3600 * 10**6
KEPT = 10  # times `max_rows` labels are joined; of more, those with the smallest hashes


@dataclass(frozen=True)
class Labels:
    """What became known: by which columns it is joined, hashes of those in ascending order, and the truth of each."""

    by: list[str]
    keys: np.ndarray
    truth: np.ndarray

    def join(self, table: pa.Table) -> pa.Table:
        """Returns the predictions whose truth is known, with it as column `_truth`."""
        found = keys(table, self.by)
        places = np.searchsorted(self.keys, found).clip(max=len(self.keys) - 1)
        hit = self.keys[places] == found
        return table.filter(pa.array(hit)).append_column("_truth", pa.array(self.truth[places[hit]]))


def _key(names: list[str], log: tuple[str, ...], contract: Contract, path: str) -> list[str]:
    """Chooses what to join by: request and row in it, else the contract's ids, with their time where both have it."""
    if {"_request_id", "_row"} <= set(log) and "_request_id" in names:
        return ["_request_id", "_row"]
    ids = [column.name for column in contract.having(Id)]
    if not ids or not set(ids) <= set(names) & set(log):
        raise Refusal(
            f"the labels in {path} can't be joined: they and the predictions need _request_id and _row"
            f"{', or ' + ' and '.join(ids) if ids else ''}."
        )
    return [*ids, *(c.name for c in contract.having(EventTime) if c.name in names and c.name in log)]


def _typed(table: pa.Table, by: list[str], contract: Contract, csv: params.Csv) -> pa.Table:
    """Casts what is joined by and the label; a request whose row is not named has one row."""
    columns = {column.name: column for column in contract.columns}
    if "_row" in by and "_row" not in table.column_names:
        table = table.append_column("_row", pa.array(np.zeros(len(table), dtype=np.int64)))
    typed = {
        name: to_kind(table[name], columns[name], csv.decimal, csv.time_format)
        if name in columns
        else table[name].cast(LOG[name])
        for name in [*by, contract.target.name]
    }
    return pa.table(typed).filter(pc.is_valid(typed[contract.target.name]))


def _truth(table: pa.Table, contract: Contract) -> np.ndarray:
    labels = features.labels(table, contract)
    if not contract.classes:
        return labels
    strange = sorted({str(label) for label in np.unique(labels).tolist() if label not in contract.classes})
    if strange:
        raise Refusal(f"the labels hold {', '.join(strange[:3])}, which {contract.target.name} can't be: correct them.")
    return metrics.codes(labels, contract.classes) if len(labels) else np.empty(0, dtype=np.int64)


def _distinct(hashes: np.ndarray, truth: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns the smallest hashes with their truth, in ascending order; what was said twice, once."""
    order = np.lexsort((truth, hashes))
    hashes, truth = hashes[order], truth[order]
    new = np.ones(len(hashes), dtype=bool)
    new[1:] = (hashes[1:] != hashes[:-1]) | (truth[1:] != truth[:-1])
    return hashes[new][:most], truth[new][:most]


def read(path: str, log: tuple[str, ...], contract: Contract, settings: Monitor) -> Labels:
    """Reads the labels that are known; of very many, an unbiased part, chosen by the hash of what they are joined by.

    Args:
        path: A file or folder of CSV or Parquet, or an address that `ingest.source` could hold.
        log: The columns of the predictions.
        contract: The columns.
        settings: How many rows are drawn.

    Raises:
        Refusal: There are none, they can't be joined or read, or contradict each other.
    """
    csv, target, most = params.load().ingest.csv, contract.target.name, KEPT * settings.max_rows
    opened = open_source(params.Ingest(source=path, watch=path, csv=csv))
    if target not in opened.names:
        raise Refusal(f"{path} has no column {target}: it must hold the labels and what they are joined by.")
    by = _key(opened.names, log, contract, path)
    hashes, truth, largest = np.empty(0, dtype=np.uint64), np.empty(0), np.uint64(2**64 - 1)
    for batch in opened.batches:
        try:
            table = _typed(pa.Table.from_batches([batch]), by, contract, csv)
        except pa.ArrowInvalid as error:
            raise Refusal(f"{path}: {' '.join(str(error).split())[:160]}: correct the labels.") from None
        new = keys(table, by)
        kept = (new > 0) & (new <= largest)
        hashes = np.concatenate([hashes, new[kept]])
        truth = np.concatenate([truth, _truth(table, contract)[kept]])
        if len(hashes) > 4 * most:
            hashes, truth = _distinct(hashes, truth, 2 * most)
            largest = hashes[-1]
    hashes, truth = _distinct(hashes, truth, most)
    twice = int((hashes[1:] == hashes[:-1]).sum())
    if twice:
        raise Refusal(f"{path} gives {twice:,} rows two different labels each ({', '.join(by)}): correct the labels.")
    if not len(hashes):
        raise Refusal(f"{path} holds no label: leave monitor.labels empty until there are some.")
    return Labels(by, hashes, truth)


def _periods(table: pa.Table, when: str | None, settings: Monitor) -> list[tuple[np.ndarray, str]]:
    """Cuts the rows into windows, the newest first; its neighbours join the newest until it has enough labels."""
    if when is None or not len(table):
        return [(np.arange(len(table)), "all labels")] if len(table) else []
    times = table[when].cast(pa.int64()).fill_null(0).to_numpy()
    window = ((times.max() - times) // int(settings.window_days * DAY_US)).astype(np.int64)
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


def _held(table: pa.Table, reference: Reference, contract: Contract) -> measure.HeldOut:
    truth = table["_truth"].to_numpy()
    truth = truth.astype(np.int64) if contract.classes else truth
    return measure.HeldOut(
        table, features.frame(table, contract), truth, truth, logged(table, contract, reference.pipeline)
    )


def measured(table: pa.Table, reference: Reference, contract: Contract, settings: Monitor) -> dict[str, Any]:
    """Measures the predictions whose truth is known, by time.

    Returns:
        `labels`, how many; `windows`, the newest first, each with `period`, `labels` and, where these are enough, its
        metrics, the newest with 95 % intervals; `fairness` of the newest; `evaluation`, what the held-out rows gave.
    """
    evaluate, found = params.load().evaluate, []
    held = _held(table, reference, contract)
    fairness: dict[str, Any] = {}
    for rows, period in _periods(table, time_column(tuple(table.column_names), contract), settings):
        row: dict[str, Any] = {"period": period, "labels": len(rows), "alarm": False}
        found.append(row)
        if len(rows) < settings.min_labels:
            row["why_not"] = f"{len(rows):,} labels, monitor.min_labels asks for {settings.min_labels:,}"
            continue
        part = measure.HeldOut(
            table.take(rows), held.frame.iloc[rows], held.labels[rows], held.truth[rows], held.predicted[rows]
        )
        try:
            scores = metrics.score(contract.problem, part.truth, part.predicted, evaluate.threshold)
        except Refusal:
            row["why_not"] = f"{len(rows):,} labels hold one class"
            continue
        if len(found) == 1:
            row["metrics"] = measure.with_intervals(part, contract, evaluate, scores)
            fairness = measure.unfairness(part, contract, evaluate)
        else:
            row["metrics"] = {name: {"value": value} for name, value in scores.items()}
    return {"labels": len(table), "windows": found, "fairness": fairness, "evaluation": reference.scores}


def judge(found: dict[str, Any], problem: Any, settings: Monitor) -> list[Finding]:
    """Says what the newest window lost: a loss counts only if the whole interval lies beyond what is allowed."""
    newest, evaluate = found["windows"][0], params.load().evaluate
    if "metrics" not in newest:
        return []
    first, findings = metrics.FIRST[problem], []
    on = f"on {newest['labels']:,} late labels of {newest['period']}"
    row = newest["metrics"][first]
    if row["high"] < found["evaluation"][first] - settings.tolerance:
        findings.append(
            f"{first} {on} is {row['value']:.4f} (95 % interval {row['low']:.4f} to {row['high']:.4f}), evaluation "
            f"gave {found['evaluation'][first]:.4f} and monitor.tolerance allows {settings.tolerance} less: retrain."
        )
    for name, limit in evaluate.minimum.items():
        row = newest["metrics"][name]
        lower = name in metrics.LOWER_IS_BETTER
        if row["low"] > limit if lower else row["high"] < limit:
            findings.append(
                f"{name} {on} is {row['value']:.4f} (95 % interval {row['low']:.4f} to {row['high']:.4f}), "
                f"evaluate.minimum.{name} asks for at {'most' if lower else 'least'} {limit}: retrain."
            )
    for by, gaps in found["fairness"].items():
        for name in gates.LIMITS:
            limit = getattr(evaluate.fairness, name)
            if limit is not None and name in gaps and gaps[name]["low"] > limit:
                gap = gaps[name]
                findings.append(
                    f"{name} by {by} {on} is {gap['gap']:.3f} (95 % interval {gap['low']:.3f} to {gap['high']:.3f}), "
                    f"evaluate.fairness.{name} allows {limit}: mend the data or the model."
                )
    return [Finding(LOST, f"performance lost: {sentence}") for sentence in findings]
