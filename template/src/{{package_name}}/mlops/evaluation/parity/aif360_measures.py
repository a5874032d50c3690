"""Fairness as AIF360 measures it: rates by group, and four measures of the two groups that are furthest apart.

AIF360 compares one unprivileged group with one privileged group. For each measure, these are the groups with the lowest
and the highest rate, so a difference is zero or negative. Like Fairlearn, AIF360 gets counts.

Source: Bellamy et al., AI Fairness 360, 2018, https://arxiv.org/abs/1810.01943.
"""

import logging
import math
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd

from ...contract.columns import Problem
from ...core.errors import UsageError
from ...core.gate_params import Fairness

INSTALL = 'uv add --group aif360 "aif360>=0.6.1,<0.7"'
SETTING = "evaluate.fairness.backend"
Measures = dict[str, dict[str, Any]]


def demand(backend: str, problem: Problem) -> None:
    """Refuses a backend that can't measure.

    Raises:
        UsageError: AIF360 is not installed, or the target is a number.
    """
    if backend == "fairlearn":
        return
    if problem == "regression":
        raise UsageError(f"{SETTING}: {backend} compares decisions, which a regression does not have: use fairlearn.")
    if find_spec("aif360") is None:
        raise UsageError(f"{SETTING}: {backend} needs AIF360, which is not installed: `{INSTALL}`.")


@cache
def _library() -> tuple[Any, Any]:
    """Imports AIF360 without its warnings of parts that are not installed and not used here."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        from aif360.datasets import BinaryLabelDataset
        from aif360.metrics import ClassificationMetric
    finally:
        logging.disable(before)
    return BinaryLabelDataset, ClassificationMetric


def _metric(cells: pd.DataFrame, privileged: Any, unprivileged: Any = None) -> Any:
    """Returns AIF360's metric of two groups.

    Args:
        cells: Rows of `group`, `truth`, `decided` and `count`.
        privileged: A group.
        unprivileged: Another one, if two are compared.
    """
    dataset_of, metric_of = _library()
    codes = {group: float(code) for code, group in enumerate(cells["group"].unique())}
    coded = cells.assign(group=cells["group"].map(codes))[["group", "truth", "decided", "count"]].astype(float)
    truth, decided = (
        dataset_of(
            df=coded[["group", "count"]].assign(label=coded[name]),
            label_names=["label"],
            protected_attribute_names=["group"],
            instance_weights_name="count",
        )
        for name in ("truth", "decided")
    )
    other = None if unprivileged is None else [{"group": codes[unprivileged]}]
    return metric_of(truth, decided, unprivileged_groups=other, privileged_groups=[{"group": codes[privileged]}])


def by_group(cells: pd.DataFrame) -> pd.DataFrame:
    """Returns the selection rate and the rates of true and false positives of each group.

    Args:
        cells: Rows of `group`, `truth`, `decided` and `count`.
    """
    found = {}
    with np.errstate(invalid="ignore", divide="ignore"):
        for group in sorted(cells["group"].unique()):
            metric = _metric(cells, group)
            found[group] = {
                "selection_rate": metric.selection_rate(privileged=True),
                "tpr": metric.true_positive_rate(privileged=True),
                "fpr": metric.false_positive_rate(privileged=True),
            }
    return pd.DataFrame(found).T.fillna(0.0)  # a rate of no rows is 0, as Fairlearn has it


def compared(groups: pd.Series, truth: np.ndarray, least: Fairness) -> tuple[pd.Index, pd.Index, pd.Index]:
    """Returns the groups of enough rows, those of enough positives too, and those of enough negatives as well."""
    counts = pd.crosstab(groups.to_numpy(), truth.astype(int)).reindex(columns=[0, 1], fill_value=0)
    large = counts[counts.sum(axis=1) >= least.min_group]
    positive = large[large[1] >= least.min_positives]
    return large.index, positive.index, positive[positive[0] >= least.min_positives].index


def of_class(groups: pd.Series, truth: np.ndarray, decided: np.ndarray, least: Fairness) -> Measures:
    """Measures one class against the rest.

    Args:
        groups: The group of each row.
        truth: Whether the row is of the class, shape (rows,).
        decided: Whether it was decided to be, shape (rows,).
        least: How many rows, positives and negatives a group needs to be compared.

    Returns:
        `value`, `unprivileged` and `privileged` of each measure that two groups have the rows for.
    """
    rows = pd.DataFrame({"group": groups.to_numpy(), "truth": truth.astype(int), "decided": decided.astype(int)})
    cells = rows.value_counts().rename("count").reset_index()
    rates, (large, positive, both) = by_group(cells), compared(groups, truth, least)
    choices = {
        "statistical_parity": ("statistical_parity_difference", rates["selection_rate"][large]),
        "disparate_impact": ("disparate_impact", rates["selection_rate"][large]),
        "equal_opportunity": ("equal_opportunity_difference", rates["tpr"][positive]),
        "average_odds": ("average_odds_difference", (rates["tpr"] + rates["fpr"])[both] / 2),
    }
    found = {}
    for name, (method, rate) in choices.items():
        ordered = rate.sort_values(kind="stable").index
        if len(ordered) < 2 or (name == "disparate_impact" and not rate.max()):
            continue
        metric = _metric(cells, privileged=ordered[-1], unprivileged=ordered[0])
        value = float(getattr(metric, method)())
        if math.isfinite(value):
            found[name] = {"value": value, "unprivileged": str(ordered[0]), "privileged": str(ordered[-1])}
    return found


def widest(each: Sequence[Measures]) -> Measures:
    """Returns each measure of the class in which the groups are furthest apart: where it is the lowest."""
    names = dict.fromkeys(name for measures in each for name in measures)
    return {
        name: min((measures[name] for measures in each if name in measures), key=lambda row: row["value"])
        for name in names
    }
