"""Scores one feature without the others: a small decision tree on its ranks, cross-validated."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..contract.columns import Column

FOLDS = 3
MIN_LEAF = 5


def ranked(values: pa.ChunkedArray, column: Column) -> np.ndarray:
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


def dealt(
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


def classified(ranks: np.ndarray, truth: np.ndarray, folds: np.ndarray, seed: int) -> float:
    """Returns the balanced accuracy: 0 is chance, 1 is perfect."""
    from sklearn.tree import DecisionTreeClassifier

    sizes = np.bincount(truth)
    tree = DecisionTreeClassifier(min_samples_leaf=MIN_LEAF, random_state=seed)
    predicted = _predict(tree, ranks, truth.astype(np.float64), folds, 1 / sizes[truth])
    chance = 1 / len(sizes)
    return float(
        ((np.bincount(truth[predicted == truth], minlength=len(sizes)) / sizes).mean() - chance) / (1 - chance)
    )


def regressed(ranks: np.ndarray, numbers: np.ndarray | None, truth: np.ndarray, folds: np.ndarray, seed: int) -> float:
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
