"""Measures the model on parts of the held-out rows, for an average hides where it fails."""

from typing import Any

import numpy as np
import pandas as pd

from ..contract.columns import Contract
from .metric_set import MetricSet, OneClassError, Scored

MAX_VALUES = 12


def measure(groups: dict[str, pd.Series], scored: Scored, metrics: MetricSet, min_rows: int) -> list[dict[str, Any]]:
    """Scores every slice that is large enough and holds more than one class.

    Args:
        groups: By column, the slice of each row.
        scored: The rows.
        metrics: Of the problem.
        min_rows: Smaller slices are skipped.

    Returns:
        A row a slice, the worst first in the primary metric.
    """
    first, found = metrics.primary, []
    for column, values in groups.items():
        positions = values.reset_index(drop=True).groupby(values.to_numpy(), observed=True).indices
        for value, rows in sorted(positions.items(), key=lambda item: str(item[0])):
            if len(rows) < min_rows:
                continue
            try:
                scores = metrics.score(scored.at(np.asarray(rows)))
            except OneClassError:  # one class only: nothing to measure
                continue
            found.append({"column": column, "value": str(value), "rows": len(rows), first: round(scores[first], 4)})
    return sorted(found, key=lambda row: (metrics.gain(first, row[first], 0.0), row["column"], row["value"]))


def of_frame(frame: pd.DataFrame, contract: Contract) -> dict[str, pd.Series]:
    """Returns the categories of the features that have few."""
    names = [c.name for c in contract.features if c.kind in ("category", "bool") and len(c.categories) <= MAX_VALUES]
    return {name: frame[name] for name in names}
