"""Parts of the held-out rows, by category or sensitive column, for an average hides where the model fails."""

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ...roles import Sensitive
from ..contract.columns import Column, Contract
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


def finest(table: pa.Table, contract: Contract) -> pd.Series | None:
    """Returns the group of each row by all sensitive columns together; None where no column is sensitive."""
    return next(reversed(partitions(table, contract).values()), None)


def partitions(table: pa.Table, contract: Contract) -> dict[str, pd.Series]:
    """Returns the group of each row by each sensitive column, and by all of them together where there are several."""
    sensitive = contract.columns_with_role(Sensitive)
    found = {column.name: _groups(table[column.name], column) for column in sensitive}
    if len(found) > 1:
        found[" x ".join(found)] = pd.concat(found.values(), axis=1).agg(" | ".join, axis=1)
    return found
