"""Finds a target that is a sum or a difference of two or three features, or a multiple of one, such as their mean.

Only such combinations count: a linear model with coefficients of its own may fit just as well, and be honest.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ..contract.columns import Column, Contract

MAX_ROWS = 2_000
MAX_COLUMNS = 3
# How many of the best combinations get one more column, and how many are computed exactly.
EXTENDED, COMPUTED = 50, 20
# A combination must leave at most this share of what each of its columns alone leaves unexplained.
REMAINS = 0.25
# R2 from which on a multiple that is neither a sum nor a mean counts, such as a difference of times in minutes.
EXACT = 0.9999
Signs = dict[int, int]


@dataclass(frozen=True)
class _Numbers:
    """Numeric features: names, values of shape (rows, features); and the target, shape (rows,)."""

    names: list[str]
    values: np.ndarray
    truth: np.ndarray

    def fit(self, signs: Signs) -> tuple[float, float]:
        """Returns R2 and factor of a signed sum, on the rows that have all of its columns; 0 where most have not."""
        columns = self.values[:, list(signs)]
        known = np.isfinite(columns).all(axis=1)
        total, truth = columns[known] @ np.array(list(signs.values())), self.truth[known]
        if 2 * known.sum() < len(known) or not np.ptp(total) or not np.ptp(truth):
            return 0.0, 0.0
        total, truth = total - total.mean(), truth - truth.mean()
        factor = (total @ truth) / (total @ total)
        return float(1 - ((truth - factor * total) ** 2).sum() / (truth @ truth)), float(factor)

    def formula(self, signs: Signs, factor: float) -> str:
        """Writes a signed sum, what is added before what is subtracted."""
        named = sorted((-sign * np.sign(factor), self.names[at]) for at, sign in signs.items())
        text = "".join(f" {'+' if sign < 0 else '-'} {name}" for sign, name in named).removeprefix(" + ").strip()
        return text if abs(abs(factor) - 1) < 0.01 else f"a multiple of {text}"


def _number(values: pa.ChunkedArray, column: Column) -> np.ndarray:
    typed = values.cast(pa.int64()) if column.kind == "time" else values
    return np.asarray(typed.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)


def _numbers(table: pa.Table, contract: Contract) -> _Numbers:
    table = table.take(pa.array(np.arange(0, len(table), max(1, len(table) // MAX_ROWS))))
    found = {c.name: _number(table[c.name], c) for c in contract.features if c.kind in ("int", "float", "time")}
    varying = {
        name: values
        for name, values in found.items()
        if 2 * np.isfinite(values).sum() >= len(values) and np.ptp(values[np.isfinite(values)])
    }
    values = np.column_stack(list(varying.values())) if varying else np.empty((len(table), 0))
    return _Numbers(list(varying), values, _number(table[contract.target.name], contract.target))


def _extended(bases: list[Signs], products: np.ndarray, fits: np.ndarray) -> list[Signs]:
    """Adds to each combination one more column with either sign; returns those that fit best first."""
    squares, rated = np.diag(products), []
    for base in bases:
        at, signs = list(base), np.array(list(base.values()))
        for sign in (1, -1):
            spread = signs @ products[np.ix_(at, at)] @ signs + 2 * sign * (signs @ products[at]) + squares
            spread[spread <= 1e-9 * squares] = np.inf  # the columns cancel out: what is left is an error of rounding
            spread[at] = np.inf
            share = (signs @ fits[at] + sign * fits) ** 2 / spread
            rated += [(share[new], {**base, int(new): sign}) for new in np.argsort(-share)[:COMPUTED] if share[new]]
    return [signs for _, signs in sorted(rated, key=lambda row: -row[0])]


def _best(numbers: _Numbers, limit: float, allowed: Collection[str]) -> tuple[Signs, float, float] | None:
    """Returns the smallest combination that gives the target, R2 and factor; none of allowed columns only."""
    centered = np.nan_to_num(numbers.values - np.nanmean(numbers.values, axis=0))
    products, fits = centered.T @ centered, centered.T @ (numbers.truth - numbers.truth.mean())
    bases: list[Signs] = [{at: 1} for at in range(len(numbers.names))]
    for _ in range(1, MAX_COLUMNS):
        bases = _extended(bases, products, fits)[:EXTENDED]
        for signs in bases[:COMPUTED]:
            score, factor = numbers.fit(signs)
            alone = max(numbers.fit({at: 1})[0] for at in signs)
            plain = min(abs(abs(factor) - 1), abs(abs(factor) * len(signs) - 1)) < 0.02
            new = not {numbers.names[at] for at in signs} <= set(allowed)
            if new and score >= (limit if plain else EXACT) and 1 - score <= REMAINS * (1 - alone):
                return signs, score, factor
    return None


def of_target(table: pa.Table, contract: Contract, limit: float, allowed: Collection[str]) -> dict[str, str]:
    """Finds features that make up a numeric target together.

    Args:
        table: Rows in the types of the contract, all with a target.
        contract: The columns.
        limit: R2 from which on they do.
        allowed: Columns that are known in time: no combination of such columns only is returned.

    Returns:
        By feature what the target is, as the rest of a sentence.
    """
    if contract.problem != "regression":
        return {}
    numbers = _numbers(table, contract)
    found: dict[str, str] = {}
    while len(numbers.names) > 1 and (best := _best(numbers, limit, allowed)):
        signs, score, factor = best
        what = f"is part of {contract.target.name}, which is {numbers.formula(signs, factor)} (R2 {score:.3f})"
        found |= {numbers.names[at]: what for at in signs}
        rest = [at for at, name in enumerate(numbers.names) if at not in signs or name in allowed]
        numbers = _Numbers([numbers.names[at] for at in rest], numbers.values[:, rest], numbers.truth)
    return found
