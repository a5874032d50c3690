"""Measures the model on parts of the held-out rows, for an average hides where it fails."""

from typing import Any

import numpy as np
import pandas as pd

from . import metrics
from .contract import Contract
from .stage import Refusal

MAX_VALUES = 12


def measure(
    groups: dict[str, pd.Series],
    contract: Contract,
    truth: np.ndarray,
    predicted: np.ndarray,
    min_rows: int,
    threshold: float,
) -> list[dict[str, Any]]:
    """Scores every slice that is large enough and holds more than one class.

    Args:
        groups: By column, the slice of each row.
        contract: The columns.
        truth: Class numbers or values, shape (rows,).
        predicted: As `metrics.predict` returns them.
        min_rows: Smaller slices are skipped.
        threshold: Of the positive class.

    Returns:
        A row a slice, the worst first in the first metric of the problem.
    """
    first = metrics.FIRST[contract.problem]
    found = []
    for column, values in groups.items():
        positions = values.reset_index(drop=True).groupby(values.to_numpy(), observed=True).indices
        for value, rows in sorted(positions.items(), key=lambda item: str(item[0])):
            if len(rows) < min_rows:
                continue
            try:
                scores = metrics.score(contract.problem, truth[rows], predicted[rows], threshold)
            except Refusal:  # one class only: nothing to measure
                continue
            found.append({"column": column, "value": str(value), "rows": len(rows), first: round(scores[first], 4)})
    return sorted(found, key=lambda row: (row[first], row["column"], row["value"]))


def of_frame(frame: pd.DataFrame, contract: Contract) -> dict[str, pd.Series]:
    """Returns the categories of the features that have few."""
    names = [c.name for c in contract.features if c.kind in ("category", "bool") and len(c.categories) <= MAX_VALUES]
    return {name: frame[name] for name in names}
