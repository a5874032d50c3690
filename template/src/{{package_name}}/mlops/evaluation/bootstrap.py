"""Bootstrap intervals of any statistic of the rows."""

from collections.abc import Callable

import numpy as np
import sklearn

from .metric_set import OneClassError


def intervals(
    statistic: Callable[[np.ndarray], dict[str, float]], rows: int, repeats: int, max_rows: int, seed: int
) -> dict[str, tuple[float, float]]:
    """Bootstraps 95 % percentile intervals.

    Args:
        statistic: Computes named numbers on the rows with the given positions.
        rows: How many rows there are.
        repeats: How many resamples.
        max_rows: Resamples hold at most so many rows; where there are more, intervals are wider than need be.
        seed: For the resamples.
    """
    rng = np.random.default_rng(seed)
    drawn: dict[str, list[float]] = {}
    with sklearn.config_context(skip_parameter_validation=True, assume_finite=True):
        for _ in range(repeats):
            try:
                values = statistic(rng.integers(0, rows, min(rows, max_rows)))
            except OneClassError:  # a resample of few rows may lack a class
                continue
            for name, value in values.items():
                drawn.setdefault(name, []).append(value)
    low_high = {name: np.percentile(values, [2.5, 97.5]) for name, values in drawn.items()}
    return {name: (float(low), float(high)) for name, (low, high) in low_high.items()}
