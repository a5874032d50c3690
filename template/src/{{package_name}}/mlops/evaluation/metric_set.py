"""What metrics are for the template: a `MetricSet`, which `metrics.py` fills, of functions of `Scored` rows."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from numbers import Real
from typing import Any

import numpy as np
import pyarrow as pa

from ..contract.columns import Contract
from ..core.errors import GateRefused, UsageError
from ..models.prediction import apply_threshold, encode_labels, predict


class OneClassError(GateRefused):
    """The rows hold one class, or for a regression one row, so that nothing can be measured."""


@dataclass(frozen=True)
class Scored:
    """Predicted rows.

    Attributes:
        truth: Class numbers or values, shape (rows,).
        predicted: Probabilities, shape (rows, classes), or values, shape (rows,).
        table: The data of the rows, in the types of the contract.
        threshold: Of the positive class.
        rows: Positions in `table`; None if they are all of it.
    """

    truth: np.ndarray
    predicted: np.ndarray
    table: pa.Table
    threshold: float = 0.5
    rows: np.ndarray | None = None

    @property
    def positive(self) -> np.ndarray:
        """The probabilities of the positive class, shape (rows,)."""
        return self.predicted[:, 1]

    @cached_property
    def decided(self) -> np.ndarray:
        """Class numbers, shape (rows,); of a regression the values."""
        return self.predicted if self.predicted.ndim == 1 else apply_threshold(self.predicted, self.threshold)

    def column(self, name: str) -> np.ndarray:
        """Returns the values of a column of the data, feature or not, shape (rows,).

        Raises:
            UsageError: The data have no such column.
        """
        if name not in self.table.column_names:
            known = ", ".join(self.table.column_names)
            raise UsageError(f"metrics.py: the rows have no column {name}; they have {known}.")
        values = self.table[name] if self.rows is None else self.table[name].take(pa.array(self.rows))
        return values.to_numpy()

    def at(self, rows: np.ndarray) -> "Scored":
        """Returns the rows at some positions."""
        held = rows if self.rows is None else self.rows[rows]
        return replace(self, truth=self.truth[rows], predicted=self.predicted[rows], rows=held)


Metric = Callable[[Scored], Any]


@dataclass(frozen=True)
class MetricSet:
    """The metrics of a problem.

    Attributes:
        primary: The one that the baseline and champion gates, the search, and the monitor compare.
        functions: Each takes predicted rows and returns a number.
        lower_is_better: The names of those that are errors or costs.
    """

    primary: str
    functions: dict[str, Metric]
    lower_is_better: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Refuses names that are no metric."""
        unknown = sorted({self.primary, *self.lower_is_better} - set(self.functions))
        if unknown:
            raise UsageError(f"metrics.py: no metric {', '.join(unknown)}; there are {', '.join(self.functions)}.")

    def score(self, scored: Scored, *names: str) -> dict[str, float]:
        """Computes the metrics of these names, or all.

        Raises:
            OneClassError: The rows hold one class, or for a regression one row.
            UsageError: A metric is no number.
        """
        if len(scored.truth) < 2 or (scored.predicted.ndim == 2 and len(np.unique(scored.truth)) < 2):
            raise OneClassError(
                f"the {len(scored.truth):,} held-out rows hold one class: more rows, or another split, are needed."
            )
        made = {name: self.functions[name](scored) for name in names or self.functions}
        wrong = [f"{name} returns {value!r:.40}" for name, value in made.items() if not isinstance(value, Real)]
        if wrong:
            raise UsageError(f"metrics.py: {', '.join(wrong)}, which is no number.")
        return {name: float(value) for name, value in made.items()}

    def gain(self, name: str, value: float, other: float) -> float:
        """Returns by how much a value of a metric is better than another one."""
        return other - value if name in self.lower_is_better else value - other

    def scorer(self, contract: Contract, table: pa.Table) -> Callable[..., float]:
        """Returns the primary metric as a scorer of scikit-learn: greater is better.

        Args:
            contract: The columns.
            table: The rows from which the frame was made; its index tells which of them are scored.
        """

        def score(pipeline: Any, frame: Any, labels: np.ndarray) -> float:
            truth = encode_labels(labels, contract.classes) if contract.classes else labels
            scored = Scored(truth, predict(pipeline, frame, contract), table, rows=frame.index.to_numpy())
            return self.gain(self.primary, float(self.functions[self.primary](scored)), 0.0)

        return score
