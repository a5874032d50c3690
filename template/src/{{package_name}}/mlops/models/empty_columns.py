"""Lets a model be fitted where a column has no value in the training rows, as after `split.window` or in a retraining.

scikit-learn's histogram gradient boosting fails there. Such a column is constant while the model is fitted, so nothing
is learned from it; the pipeline still takes it, with or without a value.
"""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from ..contract.notes import some
from ..core.untrusted_text import NAME, visible

# Gradient boosting looks at a sample of the rows: a value in fewer than one of so many rows may not be in it.
ROWS_A_VALUE = 10_000


def _few(known: int, rows: int) -> bool:
    return known * ROWS_A_VALUE < rows or not known


class Fitting(Pipeline):  # type: ignore[misc]
    """A pipeline while it is fitted: what its encoder makes of a column without values, is 0 in all rows."""

    def fit(self, X: pd.DataFrame, y: Any = None, **params: Any) -> "Fitting":  # noqa: N803 - scikit-learn's name
        """Fits the steps one after the other; `params` are of the last one, as `model__sample_weight`."""
        if len(self.steps) == 1:
            return super().fit(X, y, **params)
        codes = Pipeline(self.steps[:-1]).fit_transform(X, y)
        if isinstance(codes, np.ndarray) and codes.dtype.kind == "f":
            known = [int(np.count_nonzero(~np.isnan(codes[:, number]))) for number in range(codes.shape[1])]
            empty = [number for number, count in enumerate(known) if _few(count, len(codes))]
            if empty:
                codes = codes.copy()
                codes[:, empty] = 0.0
        name, model = self.steps[-1]
        model.fit(codes, y, **{key.removeprefix(f"{name}__"): value for key, value in params.items()})
        return self


def notes(frame: pd.DataFrame) -> list[str]:
    """Returns the sentence that names the columns from which nothing is learned, if there are any.

    Args:
        frame: The features of the training rows.
    """
    counts = {str(name): int(frame[name].count()) for name in frame}
    empty = [visible(name, NAME) for name, known in counts.items() if _few(known, len(frame))]
    if not empty:
        return []
    return [
        f"nothing is learned from {some(empty)}: no value in the {len(frame):,} training rows, or "
        f"in fewer than one of {ROWS_A_VALUE:,}"
    ]
