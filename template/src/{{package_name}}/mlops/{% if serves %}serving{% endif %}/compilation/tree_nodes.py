"""Takes fitted trees apart into the nodes that `trees` evaluates."""

from collections.abc import Iterator
from typing import Any

import numpy as np


class NotCompiledError(Exception):
    """The model is of a kind that can't be compiled; the message says which."""


def _preorder(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Returns the nodes of a tree, parents before children and left before right."""
    order, stack = [], [0]
    while stack:
        node = stack.pop()
        order.append(node)
        if left[node] != right[node]:
            stack += [int(right[node]), int(left[node])]
    return np.array(order)


Tree = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def boosted(model: Any) -> Iterator[Tree]:
    """Yields the trees of a histogram gradient boosting, as `in_order` takes them."""
    for tree in (tree for iteration in model._predictors for tree in iteration):
        nodes = tree.nodes
        if nodes["is_categorical"].any():
            raise NotCompiledError("its trees split by sets of categories")
        leaf = nodes["is_leaf"].astype(bool)
        left, right = (np.where(leaf, 0, nodes[side]).astype(np.intp) for side in ("left", "right"))
        yield left, right, nodes["feature_idx"], nodes["num_threshold"], nodes["missing_go_to_left"], nodes["value"]


def grown(model: Any) -> Iterator[Tree]:
    """Yields the trees of a random forest, as `in_order` takes them."""
    for tree in (estimator.tree_ for estimator in model.estimators_):
        sides = tree.children_left, tree.children_right
        yield *sides, tree.feature, tree.threshold, tree.missing_go_to_left, tree.value[:, 0, :]


def in_order(trees: Iterator[Tree], place: np.ndarray) -> dict[str, np.ndarray]:
    """Puts the nodes of all trees behind each other, so that a left child follows its parent.

    Args:
        trees: For each, by node: left and right child (equal at a leaf), feature, threshold, missing left, value.
        place: Where a feature of the estimator stands in the codes.
    """
    parts: dict[str, list[np.ndarray]] = {
        name: [] for name in ("root", "right", "feature", "threshold", "missing_left", "value")
    }
    first = 0
    for left, right, feature, threshold, missing_left, value in trees:
        order = _preorder(left, right)
        now = np.empty(len(order), dtype=np.intp)
        now[order] = np.arange(len(order))
        inner = left[order] != right[order]
        # A leaf is where no value is below the threshold, and to the right is the leaf itself.
        parts["root"].append(np.array([first]))
        parts["right"].append(first + np.where(inner, now[right[order]], np.arange(len(order))))
        parts["feature"].append(np.where(inner, place[np.where(inner, feature[order], 0)], 0))
        parts["threshold"].append(np.where(inner, threshold[order], np.nan))
        parts["missing_left"].append(inner & missing_left[order].astype(bool))
        parts["value"].append(value[order].reshape(len(order), -1))
        first += len(order)
    return {name: np.concatenate(part) for name, part in parts.items()}
