"""Folds of a search, made as the held-out rows are: forward in time, by group, and never between copies of a row."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

from ...roles import Group
from ..contract.columns import Contract
from ..core.errors import UsageError
from ..core.params import Split
from . import copies, sides, splitters

Folds = list[tuple[np.ndarray, np.ndarray]]


def _forward(when: np.ndarray, number: int) -> Folds:
    """Cuts the rows by time: each fold is scored by a model of all that was before."""
    order = np.sort(when)
    edges = [order[len(order) * part // (number + 1)] for part in range(1, number + 1)]
    block = np.searchsorted(edges, when, side="right")
    return [(np.flatnonzero(block < part), np.flatnonzero(block == part)) for part in range(1, number + 1)]


def _by_group(groups: np.ndarray, labels: np.ndarray, number: int, seed: int, *, stratified: bool) -> Folds:
    kind = StratifiedGroupKFold if stratified else GroupKFold
    if len(np.unique(groups)) < number:
        raise UsageError(
            f"train.search asks for {number} folds, but the training rows are of {len(np.unique(groups))} groups: "
            "ask for fewer (train.search.folds)."
        )
    return list(kind(number, shuffle=True, random_state=seed).split(labels, labels, groups))


def of(table: pa.Table, contract_: Contract, chosen: Split, number: int, seed: int) -> Folds | int:
    """Returns the folds of the training rows as positions; a number where scikit-learn's own are right.

    Args:
        table: The training rows.
        contract_: The columns.
        chosen: How the held-out rows are chosen.
        number: How many folds.
        seed: For the choices left to chance.

    Raises:
        UsageError: There are fewer groups or times than folds, or a fold lacks a class.
    """
    how, labels = splitters.decide(table, contract_, chosen), table[contract_.target.name]
    if how in ("time", "panel"):
        made = _forward(splitters.times(table, contract_, how), number)
    else:
        together = (
            sides.codes(table[contract_.columns_with_role(Group)[0].name])
            if how == "group"
            else copies.firsts(table, contract_)
        )
        if together is None:
            return number
        made = _by_group(together, sides.codes(labels), number, seed, stratified=bool(contract_.classes))
    for at, (earlier, inside) in enumerate(made, start=1):
        learned = pc.unique(labels.take(pa.array(earlier)))
        if min(len(earlier), len(inside)) == 0 or len(learned) < len(contract_.classes):
            raise UsageError(
                f"train.search: by {how}, fold {at} of {number} has no rows, or lacks a class: "
                "ask for fewer (train.search.folds)."
            )
    return made
