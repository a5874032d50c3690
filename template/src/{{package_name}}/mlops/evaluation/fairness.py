"""Measures how far apart groups of people fare, with Fairlearn: by each sensitive column and by their intersection.

Rows are counted once by group, truth and decision; Fairlearn and the bootstrap then work on the counts, which give the
same numbers as the rows and cost the same at any size.
"""

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from fairlearn.metrics import (
    MetricFrame,
    false_positive_rate,
    selection_rate,
    true_positive_rate,
)

from ...roles import Sensitive
from ..contract.columns import Column, Contract

RATES = {"selection_rate": selection_rate, "tpr": true_positive_rate, "fpr": false_positive_rate}
Gaps = dict[str, Any]


def _groups(values: pa.ChunkedArray, column: Column) -> pd.Series:
    """Names the group of each row; numbers are cut into four of equal size, missing is a group of its own.

    No name has the least or the largest value: it may be that of one person, and the model card is committed.
    """
    series = values.to_pandas()
    if column.kind in ("int", "float", "time") and series.nunique() > 4:
        codes, edges = pd.qcut(series, 4, labels=False, retbins=True, duplicates="drop")
        inner = [f"{edge:%Y-%m-%d}" if column.kind == "time" else f"{edge:g}" for edge in edges[1:-1]]
        between = [f"{low} to {high}" for low, high in pairwise(inner)]
        names = [f"up to {inner[0]}", *between, f"above {inner[-1]}"] if inner else ["all"]
        series = codes.map(dict(enumerate(names)))
    return series.astype(object).where(series.notna(), "missing").astype(str)


def partitions(table: pa.Table, contract: Contract) -> dict[str, pd.Series]:
    """Returns the group of each row by each sensitive column, and by all of them together where there are several."""
    sensitive = contract.columns_with_role(Sensitive)
    found = {column.name: _groups(table[column.name], column) for column in sensitive}
    if len(found) > 1:
        found[" x ".join(found)] = pd.concat(found.values(), axis=1).agg(" | ".join, axis=1)
    return found


def _spread(counts: np.ndarray) -> dict[str, float]:
    """Gaps from counts of shape (groups, truth, decision), both of the latter no / yes; NaN where one rate is known."""
    with np.errstate(invalid="ignore", divide="ignore"):
        selected = counts[:, :, 1].sum(1) / counts.sum((1, 2))
        hit = counts[:, 1, 1] / counts[:, 1].sum(1)
        false_alarm = counts[:, 0, 1] / counts[:, 0].sum(1)
    known = [rate[~np.isnan(rate)] for rate in (selected, hit, false_alarm)]
    widths = [np.ptp(rates) if len(rates) > 1 else np.nan for rates in known]
    return {"demographic_parity": float(widths[0]), "equalized_odds": float(np.max(widths[1:]))}


def classification(
    groups: pd.Series, truth: np.ndarray, decided: np.ndarray, min_group: int, repeats: int, seed: int
) -> Gaps:
    """Compares selection and error rates of groups.

    Args:
        groups: The group of each row.
        truth: Whether the row is of the class in question, shape (rows,).
        decided: Whether it was decided to be, shape (rows,).
        min_group: Smaller groups are listed but not compared.
        repeats: Resamples for the 95 % intervals.
        seed: For the resamples.

    Returns:
        `groups` (a row each), and for `demographic_parity` (selection rate) and `equalized_odds` (the wider of true and
        false positive rate) the gap between the extreme groups with its interval, unless fewer than two have a rate.
    """
    rows = pd.DataFrame({"group": groups, "truth": truth.astype(int), "decided": decided.astype(int)})
    cells = rows.value_counts().rename("count").reset_index().sort_values(["group", "truth", "decided"])
    weights = {name: {"sample_weight": cells["count"]} for name in RATES}
    measured = MetricFrame(
        metrics=RATES,
        y_true=cells["truth"],
        y_pred=cells["decided"],
        sensitive_features=cells["group"],
        sample_params=weights,
    ).by_group
    sizes = groups.value_counts()
    listed: list[dict[str, Any]] = [
        {"group": str(group), "rows": int(sizes[group]), **{name: round(float(rates[name]), 4) for name in RATES}}
        for group, rates in measured.iterrows()
    ]
    large: list[str] = [row["group"] for row in listed if row["rows"] >= min_group]
    if len(large) < 2:
        return {"groups": listed}
    counts = np.zeros((len(large), 2, 2))
    for group, was, is_, count in cells.itertuples(index=False):
        if group in large:
            counts[large.index(group), was, is_] = count
    rng, total = np.random.default_rng(seed), int(counts.sum())
    drawn = [_spread(rng.multinomial(total, counts.ravel() / total).reshape(counts.shape)) for _ in range(repeats)]
    gaps: Gaps = {"groups": listed}
    for name, gap in _spread(counts).items():
        if np.isfinite(gap):
            low, high = np.nanpercentile([draw[name] for draw in drawn], [2.5, 97.5])
            gaps[name] = {"gap": gap, "low": float(low), "high": float(high)}
    return gaps


def regression(groups: pd.Series, errors: np.ndarray, min_group: int, repeats: int, seed: int) -> Gaps:
    """Compares the mean absolute error of groups with that of all rows.

    Args:
        groups: The group of each row.
        errors: Absolute errors, shape (rows,), in units of the target.
        min_group: Smaller groups are listed but not compared.
        repeats: Resamples for the 95 % interval.
        seed: For the resamples.

    Returns:
        `groups` (a row each), and `error_ratio`: the largest of a group's error over that of all, with its interval.
    """
    by_group = pd.Series(errors).groupby(groups.to_numpy())
    listed = [{"group": str(name), "rows": len(part), "mae": float(part.mean())} for name, part in by_group]
    large = {str(name): part.to_numpy() for name, part in by_group if len(part) >= min_group}
    if len(large) < 2:
        return {"groups": listed}
    rng = np.random.default_rng(seed)
    spread = {name: part.std(ddof=1) / np.sqrt(len(part)) for name, part in large.items()}
    means = np.array([part.mean() for part in large.values()])
    drawn = [(means + rng.normal(size=len(means)) * list(spread.values())).max() for _ in range(repeats)]
    low, high = np.percentile(drawn, [2.5, 97.5]) / errors.mean()
    return {
        "groups": listed,
        "error_ratio": {"gap": float(means.max() / errors.mean()), "low": float(low), "high": float(high)},
    }
