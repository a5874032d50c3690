"""Evaluates compiled trees: sums of the values of the leaves that rows fall into, equal to the bit to scikit-learn's.

A tree of at most 64 leaves is a word, a bit a leaf. Of each feature, the values between two neighbouring thresholds
leave the same leaves possible; a table holds these words, so that a row costs one look-up a feature: their
conjunction's lowest bit is the leaf that the row falls into, for its leaves are numbered from left to right.
Larger trees are walked down, all at once.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

Arrays = Mapping[str, np.ndarray]
Predict = Callable[[np.ndarray], np.ndarray]
MOST_LEAVES = 64
MOST_TABLE_BYTES = 32 * 2**20


@dataclass(frozen=True)
class Feature:
    """One feature of the table: its thresholds, ascending, and the row of the table for values below all of them."""

    number: int
    thresholds: np.ndarray
    listed: list[float]
    first: int

    @property
    def missing(self) -> int:
        """The row of the table for a missing value, behind those between the thresholds."""
        return self.first + len(self.thresholds) + 1


def _table(arrays: Arrays) -> tuple[list[Feature], np.ndarray, np.ndarray] | None:
    """Returns features, words by row and tree, and each tree's first leaf; None if the trees are too large for it."""
    root, right, threshold = arrays["root"], arrays["right"], arrays["threshold"]
    is_leaf = np.isnan(threshold)
    before = np.cumsum(is_leaf) - is_leaf  # leaves that stand before a node, in all trees
    most = np.diff(np.append(before[root], is_leaf.sum())).max()
    inner = np.flatnonzero(~is_leaf)
    number, threshold, stays = arrays["feature"][inner], threshold[inner], ~arrays["missing_left"][inner]
    levels = {int(n): np.unique(threshold[number == n]) for n in np.unique(number)}
    word = np.uint32 if most <= 32 else np.uint64
    rows = sum(len(values) + 2 for values in levels.values())
    if most > MOST_LEAVES or rows * len(root) * np.dtype(word).itemsize > MOST_TABLE_BYTES:
        return None
    tree = np.searchsorted(root, inner, side="right") - 1
    # Who goes right leaves the leaves of the left child behind, which follows its parent at once.
    low, high = (before[nodes] - before[root[tree]] for nodes in (inner + 1, right[inner]))
    mask = ~((word(1) << high.astype(word)) - (word(1) << low.astype(word)))
    features, table = [], np.full((rows, len(root)), np.iinfo(word).max, dtype=word)
    first = 0
    for n, values in levels.items():
        feature = Feature(n, values, values.tolist(), first)
        ours = np.flatnonzero(number == n)
        block = table[first : feature.missing]
        np.bitwise_and.at(block, (np.searchsorted(values, threshold[ours]) + 1, tree[ours]), mask[ours])
        np.bitwise_and.accumulate(block, axis=0, out=block)
        ours = ours[stays[ours]]
        np.bitwise_and.at(table[feature.missing], tree[ours], mask[ours])
        features.append(feature)
        first = feature.missing + 1
    return features, table, before[root]


def _look_up(features: list[Feature], table: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Returns the number of the leaf that each row falls into, by row and tree."""
    if len(codes) == 1:  # no numpy where its calls would cost more than the work
        row = codes[0].tolist()
        places = [
            f.first + bisect_left(f.listed, row[f.number]) if row[f.number] == row[f.number] else f.missing
            for f in features
        ]
        possible = np.bitwise_and.reduce(table[places], axis=0, keepdims=True)
    else:
        possible = np.full((len(codes), table.shape[1]), np.iinfo(table.dtype).max, dtype=table.dtype)
        for f in features:
            values = codes[:, f.number]
            possible &= table[np.where(np.isnan(values), f.missing, f.first + np.searchsorted(f.thresholds, values))]
    return np.bitwise_count(~possible & (possible - table.dtype.type(1)))


def _walk(arrays: Arrays, codes: np.ndarray) -> np.ndarray:
    """Returns the node that each row ends in, by row and tree."""
    feature, threshold, right = arrays["feature"], arrays["threshold"], arrays["right"]
    # A missing value is below every threshold in the second half, above every one in the first.
    twice = np.hstack([codes, np.where(np.isnan(codes), -np.inf, codes)])
    feature = feature + arrays["missing_left"] * codes.shape[1]
    rows, width = len(codes), twice.shape[1]
    values, ends = twice.ravel(), np.tile(arrays["root"], rows)
    start = np.repeat(np.arange(rows) * width, len(arrays["root"]))
    going = np.flatnonzero(right[ends] != ends)
    while len(going):
        nodes = ends[going]
        left = values[start[going] + feature[nodes]] <= threshold[nodes]
        nodes = np.where(left, nodes + 1, right[nodes])
        ends[going] = nodes
        going = going[right[nodes] != nodes]
    return ends.reshape(rows, -1)


def adder(arrays: Arrays) -> Predict:
    """Returns the function from codes to sums, shape (rows, outputs), in scikit-learn's order of addition."""
    value, baseline, divisor = arrays["value"], arrays["baseline"], float(arrays["divisor"])
    narrow, built = bool(arrays["float32"]), _table(arrays)
    if built:
        features, table, first_leaf = built
        value = value[np.isnan(arrays["threshold"])]

    def raw(codes: np.ndarray) -> np.ndarray:
        if narrow:
            codes = codes.astype(np.float32).astype(np.float64)
        ends = first_leaf + _look_up(features, table, codes) if built else _walk(arrays, codes)
        if len(codes) == len(baseline) == 1:  # the same sum: reshaping would cost more
            terms = value[ends[0], 0]
            terms[0] += baseline[0]
            return np.add.accumulate(terms)[-1:, None] / divisor
        terms = np.ascontiguousarray(value[ends].reshape(len(codes), -1, len(baseline)).swapaxes(1, 2))
        terms[:, :, 0] += baseline
        return np.add.accumulate(terms, axis=2)[:, :, -1] / divisor  # in order; a plain sum would go by pairs

    return raw
