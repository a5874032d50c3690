"""The four-fifths rule: the lowest selection rate of the groups over the highest one, called disparate impact.

Sources: Uniform Guidelines on Employee Selection Procedures, 29 CFR 1607.4(D), which says four fifths; Feldman et al.,
Certifying and Removing Disparate Impact, KDD 2015, https://arxiv.org/abs/1412.3756.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ...contract.columns import Problem
from ...core.errors import UsageError
from ...core.gate_params import Bootstrap, Fairness
from ..gates import NO_NUMBER, Gate

NAME = "disparate_impact"
SETTING = f"evaluate.fairness.{NAME}"


def asked(allowed: Fairness) -> bool:
    """Whether the ratio is measured: only then it is in a report."""
    return allowed.disparate_impact is not None or allowed.backend != "fairlearn"


def _ratio(counts: np.ndarray) -> float:
    """Returns the ratio from counts of shape (groups, not selected / selected); NaN where no row is selected."""
    rates = counts[:, 1] / np.maximum(counts.sum(1), 1)
    return float(rates.min() / rates.max()) if rates.max() > 0 else math.nan


def measure(
    groups: pd.Series, decisions: Sequence[np.ndarray], least: Fairness, boot: Bootstrap
) -> dict[str, float] | None:
    """Measures the ratio with a 95 % interval; of several classes, that of the class with the lowest.

    Args:
        groups: The group of each row.
        decisions: For each class, whether a row was decided to be of it, shape (rows,).
        least: How many rows a group needs to be compared.
        boot: Resamples for the interval.

    Returns:
        The ratio as `gap`, as of the other measures, and `low` and `high`; None where fewer than two groups are large
        enough, or no row of them is selected.
    """
    found = []
    for decided in decisions:
        table = pd.crosstab(groups.to_numpy(), decided.astype(int)).reindex(columns=[0, 1], fill_value=0).to_numpy()
        counts = table[table.sum(1) >= least.min_group]
        ratio = _ratio(counts) if len(counts) > 1 else math.nan
        if math.isnan(ratio):
            continue
        rng, total = np.random.default_rng(boot.seed), int(counts.sum())
        shares = counts.ravel() / total
        drawn = [_ratio(rng.multinomial(total, shares).reshape(counts.shape)) for _ in range(boot.repeats)]
        low, high = np.nanpercentile(drawn, [2.5, 97.5])
        found.append({"gap": ratio, "low": float(low), "high": float(high)})
    return min(found, key=lambda row: row["gap"], default=None)


def is_broken(ratio: dict[str, float], limit: float) -> bool:
    """Whether the whole interval is lower than the limit; a ratio that is lower by chance is no reason to refuse."""
    return not ratio["high"] >= limit


def may_be_broken(ratio: dict[str, float], limit: float) -> bool:
    """Whether the ratio is lower than the limit, and its interval is not."""
    return ratio["gap"] < limit <= ratio["high"]


def gates(measured: dict[str, Any], allowed: Fairness, problem: Problem) -> list[Gate]:
    """Returns a gate for each partition of the rows; closed where the ratio was not measured.

    Args:
        measured: By partition, the measures, as of `held_out.fairness_gaps`.
        allowed: With the least ratio, or null.
        problem: Of the contract.

    Raises:
        UsageError: A limit is set, and the target is a number.
    """
    limit = allowed.disparate_impact
    if limit is None:
        return []
    if problem == "regression":
        raise UsageError(f"{SETTING} compares selection rates, which a regression does not have: set it to null.")
    if not measured:
        sentence = (
            f"{NAME} was not measured, because the contract marks no column as sensitive: add Sensitive() to a column "
            f"in schema.py, or set {SETTING} to null."
        )
        return [Gate(f"fairness {NAME}", passed=False, sentence=sentence, measured=False)]
    return [_gate(by, gaps.get(NAME), limit, allowed.min_group) for by, gaps in measured.items()]


def _gate(by: str, ratio: dict[str, float] | None, limit: float, min_group: int) -> Gate:
    name = f"fairness {NAME} by {by}"
    if ratio is None:
        sentence = (
            f"{NAME} by {by} was not measured, because fewer than two groups have {min_group} rows "
            f"(evaluate.fairness.min_group), or none of their rows is selected: bring more rows, or set {SETTING} to "
            "null for a reason."
        )
        return Gate(name, passed=False, sentence=sentence, measured=False)
    measures = (
        f"{NAME} by {by} is {ratio['gap']:.3f} (95 % interval {ratio['low']:.3f} to {ratio['high']:.3f}), "
        f"{SETTING} asks for at least {limit}"
    )
    if not all(map(math.isfinite, ratio.values())):
        return Gate(name, passed=False, sentence=f"{measures}: {NO_NUMBER}", measured=False)
    remedy = "look at the groups in reports/evaluation.json, fix the data, or set train.mitigation: reweighing."
    return Gate(name, not is_broken(ratio, limit), f"{measures}: {remedy}")
