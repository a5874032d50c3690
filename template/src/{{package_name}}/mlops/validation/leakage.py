"""How well each column alone predicts the target: one that does almost perfectly was probably made from it.

`infer` leaves such columns out, `train` refuses to learn from them.
"""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...roles import Group
from ..contract.columns import Column, Contract
from ..core import params
from ..core.errors import GateRefused

MAX_ROWS, MIN_ROWS = 20_000, 30
# Classes with fewer rows are not scored where two others are left: a fold that never saw them proves nothing.
MIN_CLASS = 10
FOLDS = 3
MIN_LEAF = 5


def _ranks(values: pa.ChunkedArray, column: Column) -> np.ndarray:
    """Replaces values by the rank among the different ones, from 1 on, which is all that a tree sees; missing is 0.

    Missing values as values of their own, for that a value is there may give the target away.
    """
    if column.kind == "category":
        values = pc.index_in(values, value_set=pa.array(column.categories, column.arrow))
    filled = values.combine_chunks()
    known = filled.is_valid().to_numpy(zero_copy_only=False)
    ranks = np.zeros(len(filled), dtype=np.float32)
    ranks[known] = np.unique(filled.drop_null().to_numpy(zero_copy_only=False), return_inverse=True)[1] + 1
    return ranks


def _folds(
    groups: pa.ChunkedArray | None, classes: np.ndarray | None, rows: int, rng: np.random.Generator
) -> np.ndarray:
    """Deals rows into folds: whole groups where there are some, else each class evenly, else at random."""
    if groups is not None:
        codes = pc.dictionary_encode(groups, null_encoding="encode").combine_chunks()
        return rng.integers(FOLDS, size=len(codes.dictionary))[codes.indices.to_numpy(zero_copy_only=False)]
    shuffled = rng.permutation(rows)
    if classes is not None:
        shuffled = shuffled[np.argsort(classes[shuffled], kind="stable")]
    folds = np.empty(rows, dtype=np.int64)
    folds[shuffled] = np.arange(rows) % FOLDS
    return folds


def _predict(tree: Any, ranks: np.ndarray, truth: np.ndarray, folds: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Predicts each fold with a tree that was grown on the others."""
    predicted = np.zeros_like(truth)
    for fold in np.unique(folds):
        held = folds == fold
        if not held.all():
            tree.fit(ranks[~held, None], truth[~held], sample_weight=weights[~held], check_input=False)
            predicted[held] = tree.predict(ranks[held, None])
    return predicted


def _classified(ranks: np.ndarray, truth: np.ndarray, folds: np.ndarray, seed: int) -> float:
    """Returns the balanced accuracy: 0 is chance, 1 is perfect."""
    from sklearn.tree import DecisionTreeClassifier

    sizes = np.bincount(truth)
    tree = DecisionTreeClassifier(min_samples_leaf=MIN_LEAF, random_state=seed)
    predicted = _predict(tree, ranks, truth.astype(np.float64), folds, 1 / sizes[truth])
    chance = 1 / len(sizes)
    return float(
        ((np.bincount(truth[predicted == truth], minlength=len(sizes)) / sizes).mean() - chance) / (1 - chance)
    )


def _regressed(ranks: np.ndarray, numbers: np.ndarray | None, truth: np.ndarray, folds: np.ndarray, seed: int) -> float:
    """Returns the largest of R2 of the tree and, where most values are there, squared linear and rank correlation.

    The latter is squared twice, for the ranks of skewed amounts agree easily.
    """
    from sklearn.tree import DecisionTreeRegressor

    tree = DecisionTreeRegressor(min_samples_leaf=MIN_LEAF, random_state=seed)
    predicted = _predict(tree, ranks, truth, folds, np.ones(len(truth)))
    found = [1 - ((truth - predicted) ** 2).sum() / ((truth - truth.mean()) ** 2).sum()]
    known = ranks > 0
    if numbers is not None and 2 * known.sum() >= len(truth) and np.ptp(ranks[known]) and np.ptp(truth[known]):
        order = np.unique(truth[known], return_inverse=True)[1]
        found += [np.corrcoef(numbers[known], truth[known])[0, 1] ** 2, np.corrcoef(ranks[known], order)[0, 1] ** 4]
    return float(max(found))


def refuse_leaks(table: pa.Table, contract_: Contract, train: params.Train) -> None:
    """Refuses to learn from a column that gives the target away.

    Raises:
        GateRefused: A feature alone predicts the target better than `train.leak_score`, and is not in
            `train.allow_leaks`.
    """
    for name, score in scores(table, contract_, train.seed).items():
        if score >= train.leak_score and name not in train.allow_leaks:
            raise GateRefused(
                f"column {name} alone predicts {contract_.target.name} with a score of {score:.3f}, train.leak_score "
                f"allows less than {train.leak_score}: it is probably known only after the fact, so move it to "
                "LEFT_OUT in schema.py; if it really is known in time, name it in train.allow_leaks."
            )


def scores(table: pa.Table, contract: Contract, seed: int) -> dict[str, float]:
    """Scores each feature by how well it predicts the target without the others, on at most 20,000 rows.

    A small decision tree is cross-validated in three folds; where the contract has groups, each is in one fold.

    Args:
        table: Rows in the types of the contract.
        contract: The columns.
        seed: For the choice of rows and folds.

    Returns:
        By feature, 0 (chance) to 1 (perfect): normalised balanced accuracy for classes; for numbers R2 or a
        correlation to an even power, whichever is largest. Fewer than 30 rows prove nothing, so score 0.
    """
    rng = np.random.default_rng(seed)
    target = table[contract.target.name]
    rows = np.flatnonzero(target.is_valid().to_numpy())
    if contract.problem != "regression":
        codes = pc.dictionary_encode(target.drop_null()).combine_chunks().indices.to_numpy()
        large = np.bincount(codes, minlength=1) >= MIN_CLASS
        rows = rows[large[codes]] if large.sum() > 1 else rows
    if len(rows) > MAX_ROWS:
        rows = np.sort(rng.choice(rows, MAX_ROWS, replace=False))
    table = table.take(pa.array(rows))
    values = table[contract.target.name].to_numpy()
    different, codes = np.unique(values, return_inverse=True)
    if len(rows) < MIN_ROWS or len(different) < 2:
        return dict.fromkeys((column.name for column in contract.features), 0.0)
    classes = None if contract.problem == "regression" else codes
    truth = values.astype(np.float64) if classes is None else classes
    folds = _folds(next((table[c.name] for c in contract.columns_with_role(Group)), None), classes, len(table), rng)
    found = {}
    for column in contract.features:
        ranks = _ranks(table[column.name], column)
        if classes is not None:
            score = _classified(ranks, truth, folds, seed)
        else:
            numbers = table[column.name].cast(pa.float64()).to_numpy() if column.kind in ("int", "float") else None
            score = _regressed(ranks, numbers, truth, folds, seed)
        found[column.name] = max(score, 0.0)
    return found
