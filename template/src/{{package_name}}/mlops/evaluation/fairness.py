"""Measures how far apart groups of people fare, with Fairlearn: by each sensitive column and by their intersection.

Rows are counted once by group, truth and decision; Fairlearn and the bootstrap then work on the counts, which give the
same numbers as the rows and cost the same at any size.
"""

from typing import Any

import numpy as np
import pandas as pd
from fairlearn.metrics import (
    MetricFrame,
    false_positive_rate,
    selection_rate,
    true_positive_rate,
)

from ..core.gate_params import Fairness
from .parity import aif360_measures

RATES = {"selection_rate": selection_rate, "tpr": true_positive_rate, "fpr": false_positive_rate}
Gaps = dict[str, Any]


def _spread(counts: np.ndarray, known: np.ndarray) -> dict[str, float]:
    """Gaps from counts of shape (groups, truth, decision), both of the latter no / yes; NaN where one rate is known.

    `known` says which rates count, shape (rates, groups).
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        selected = counts[:, :, 1].sum(1) / counts.sum((1, 2))
        hit = counts[:, 1, 1] / counts[:, 1].sum(1)
        false_alarm = counts[:, 0, 1] / counts[:, 0].sum(1)
    rates = [rate[told & ~np.isnan(rate)] for rate, told in zip((selected, hit, false_alarm), known, strict=True)]
    widths = [np.ptp(rate) if len(rate) > 1 else np.nan for rate in rates]
    return {"demographic_parity": float(widths[0]), "equalized_odds": float(np.max(widths[1:]))}


def _counted(truth: np.ndarray, decided: np.ndarray, groups: pd.Series) -> pd.DataFrame:
    """Counts the rows of each group, truth and decision."""
    rows = pd.DataFrame({"group": groups, "truth": truth.astype(int), "decided": decided.astype(int)})
    return rows.value_counts().rename("count").reset_index().sort_values(["group", "truth", "decided"])


def _by_group(cells: pd.DataFrame) -> pd.DataFrame:
    """Returns the rates of each group, as Fairlearn computes them."""
    measured = MetricFrame(
        metrics=RATES,
        y_true=cells["truth"],
        y_pred=cells["decided"],
        sensitive_features=cells["group"],
        sample_params={name: {"sample_weight": cells["count"]} for name in RATES},
    )
    return measured.by_group


def _rates(cells: pd.DataFrame, backend: str) -> list[dict[str, Any]]:
    """Lists the groups with how many rows and positives they have, and their rates."""
    frame: Any = aif360_measures.by_group(cells) if backend == "aif360" else _by_group(cells)
    rows = cells.groupby("group")["count"].sum()
    positives = cells[cells["truth"] == 1].groupby("group")["count"].sum().reindex(rows.index, fill_value=0)
    return [
        {
            "group": str(group),
            "rows": int(rows[group]),
            "positives": int(positives[group]),
            **{name: round(float(rates[name]), 4) for name in RATES},
        }
        for group, rates in frame.iterrows()
    ]


def classification(
    groups: pd.Series, truth: np.ndarray, decided: np.ndarray, least: Fairness, repeats: int, seed: int
) -> Gaps:
    """Compares selection and error rates of groups.

    Args:
        groups: The group of each row.
        truth: Whether the row is of the class in question, shape (rows,).
        decided: Whether it was decided to be, shape (rows,).
        least: How many rows a group needs to be compared, and how many positives or negatives a rate of these; and
            whose rates are listed.
        repeats: Resamples for the 95 % intervals.
        seed: For the resamples.

    Returns:
        `groups` (a row each), and for `demographic_parity` (selection rate) and `equalized_odds` (the wider of true and
        false positive rate) the gap between the extreme groups with its interval, unless fewer than two have a rate.
    """
    cells = _counted(truth, decided, groups)
    listed = _rates(cells, least.backend)
    large: list[str] = [row["group"] for row in listed if row["rows"] >= least.min_group]
    if len(large) < 2:
        return {"groups": listed}
    counts = np.zeros((len(large), 2, 2))
    for group, was, is_, count in cells.itertuples(index=False):
        if group in large:
            counts[large.index(group), was, is_] = count
    known = np.vstack([np.ones(len(large), bool), counts.sum(2).T[::-1] >= least.min_positives])
    rng, total = np.random.default_rng(seed), int(counts.sum())
    shares = counts.ravel() / total
    drawn = [_spread(rng.multinomial(total, shares).reshape(counts.shape), known) for _ in range(repeats)]
    gaps: Gaps = {"groups": listed}
    for name, gap in _spread(counts, known).items():
        if np.isfinite(gap):
            low, high = np.nanpercentile([draw[name] for draw in drawn], [2.5, 97.5])
            gaps[name] = {"gap": gap, "low": float(low), "high": float(high)}
    return gaps


def regression(groups: pd.Series, errors: np.ndarray, least: Fairness, repeats: int, seed: int) -> Gaps:
    """Compares the mean absolute error of groups with that of all rows.

    Args:
        groups: The group of each row.
        errors: Absolute errors, shape (rows,), in units of the target.
        least: How many rows a group needs to be compared.
        repeats: Resamples for the 95 % interval.
        seed: For the resamples.

    Returns:
        `groups` (a row each), and `error_ratio`: the largest of a group's error over that of all, with its interval.
    """
    by_group = pd.Series(errors).groupby(groups.to_numpy())
    listed = [{"group": str(name), "rows": len(part), "mae": float(part.mean())} for name, part in by_group]
    large = {str(name): part.to_numpy() for name, part in by_group if len(part) >= least.min_group}
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
