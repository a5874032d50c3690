"""Measures each partition of the rows with AIF360, and compares it with Fairlearn where both define the same.

Statistical parity is Fairlearn's demographic parity difference with another sign, disparate impact its ratio, equal
opportunity its equal opportunity difference with another sign. Average odds has no equal there: Fairlearn's mean of
equalized odds takes the extreme groups of each rate apart, and adds sizes, not signed differences.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from fairlearn.metrics import demographic_parity_difference, demographic_parity_ratio, equal_opportunity_difference

from ...core.gate_params import Fairness
from ..gates import Gate
from . import aif360_measures
from .aif360_measures import Measures

TOLERANCE = 1e-9
SAME = {
    "statistical_parity": demographic_parity_difference,
    "disparate_impact": demographic_parity_ratio,
    "equal_opportunity": equal_opportunity_difference,
}


def _with_fairlearn(
    found: Measures, groups: pd.Series, truth: np.ndarray, decided: np.ndarray, least: Fairness
) -> Measures:
    """Adds what Fairlearn says of the same groups."""
    large, positive, _ = aif360_measures.compared(groups, truth, least)
    for name in SAME.keys() & found.keys():
        kept = groups.isin(positive if name == "equal_opportunity" else large).to_numpy()
        value = SAME[name](truth[kept], decided[kept], sensitive_features=groups.to_numpy()[kept])
        found[name]["fairlearn"] = float(value)
    return found


def measure(
    partitions: dict[str, pd.Series],
    truth: np.ndarray,
    decided: np.ndarray,
    numbers: Sequence[int],
    least: Fairness,
) -> dict[str, Measures]:
    """Measures each partition with AIF360; of several classes, each against the rest, the widest counts.

    Args:
        partitions: The group of each row, as of `slices.partitions`.
        truth: Class numbers, shape (rows,).
        decided: Class numbers, shape (rows,).
        numbers: The classes to look at.
        least: How many rows a group needs, and the backend: `both` adds `fairlearn`, where it defines the same.
    """
    found = {}
    for by, groups in partitions.items():
        each = []
        for number in numbers:
            was, is_ = truth == number, decided == number
            measures = aif360_measures.of_class(groups, was, is_, least)
            each.append(_with_fairlearn(measures, groups, was, is_, least) if least.backend == "both" else measures)
        found[by] = aif360_measures.widest(each)
    return found


def gates(measured: dict[str, Measures]) -> list[Gate]:
    """Returns a gate that is closed where the two libraries differ; none where nothing was measured with both."""
    pairs = {
        f"{name} by {by}": (abs(row["value"]), row["fairlearn"])
        for by, measures in measured.items()
        for name, row in measures.items()
        if "fairlearn" in row
    }
    if not pairs:
        return []
    # A comparison with NaN is false, so what is no number closes the gate too.
    other = {name: pair for name, pair in pairs.items() if not abs(pair[0] - pair[1]) <= TOLERANCE}
    remedy = "compare the versions of aif360 and fairlearn in uv.lock with those of the last model."
    if not other:
        sentence = f"AIF360 and Fairlearn agree on {len(pairs)} measures, {TOLERANCE} is allowed: {remedy}"
        return [Gate("fairness agreement", passed=True, sentence=sentence)]
    said = ", ".join(f"{name} {ours:.6f} and {theirs:.6f}" for name, (ours, theirs) in other.items())
    return [Gate("fairness agreement", passed=False, sentence=f"AIF360 and Fairlearn differ, {said}: {remedy}")]
