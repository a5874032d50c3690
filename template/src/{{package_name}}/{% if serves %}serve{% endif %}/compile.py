"""Takes a fitted pipeline apart into the arrays that `predictor` evaluates.

All numbers come from the fitted encoder and estimator, so nothing can diverge from what was trained; `parity` measures
it. What is not known here is served through the pipeline itself, slower.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from .. import metrics

LINKS = {"IdentityLink": "identity", "LogLink": "log", "LogitLink": "logit", "MultinomialLogit": "softmax"}


class NotCompiledError(Exception):
    """The model is of a kind that can't be compiled; the message says which."""


def categories(encoder: ColumnTransformer) -> dict[str, list[Any]]:
    """Returns the categories that the fitted encoder knows, by column, in the order of their codes."""
    for name, step, columns in encoder.transformers_:
        if name == "categories":
            return {column: known.tolist() for column, known in zip(columns, step.categories_, strict=True)}
    return {}


def _columns(encoder: ColumnTransformer, features: list[str]) -> dict[str, list[int]]:
    """Returns where the columns of each step of the encoder stand in the codes."""
    steps = [step for step in encoder.transformers_ if step[0] != "remainder"]
    return {name: [features.index(column) for column in columns] for name, _, columns in steps}


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


def _boosted(model: Any) -> Iterator[Tree]:
    for tree in (tree for iteration in model._predictors for tree in iteration):
        nodes = tree.nodes
        if nodes["is_categorical"].any():
            raise NotCompiledError("its trees split by sets of categories")
        leaf = nodes["is_leaf"].astype(bool)
        left, right = (np.where(leaf, 0, nodes[side]).astype(np.intp) for side in ("left", "right"))
        yield left, right, nodes["feature_idx"], nodes["num_threshold"], nodes["missing_go_to_left"], nodes["value"]


def _grown(model: Any) -> Iterator[Tree]:
    for tree in (estimator.tree_ for estimator in model.estimators_):
        sides = tree.children_left, tree.children_right
        yield *sides, tree.feature, tree.threshold, tree.missing_go_to_left, tree.value[:, 0, :]


def _nodes(trees: Iterator[Tree], place: np.ndarray) -> dict[str, np.ndarray]:
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


def _trees(pipeline: Pipeline, features: list[str]) -> dict[str, np.ndarray]:
    encoder, model = pipeline["encode"], pipeline["model"]
    for name, step, _ in encoder.transformers_:
        if name == "categories" and not isinstance(step, OrdinalEncoder):
            raise NotCompiledError(f"its trees are fed by a {type(step).__name__}")
    place = np.array([number for columns in _columns(encoder, features).values() for number in columns])
    if isinstance(model, RandomForestClassifier | RandomForestRegressor):
        nodes = _nodes(_grown(model), place)
        outputs, divisor = nodes["value"].shape[1], len(model.estimators_)
        link = "probability" if isinstance(model, RandomForestClassifier) else "identity"
        return {**nodes, **_scalars(link=link, baseline=np.zeros(outputs), divisor=divisor, float32=True)}
    if model._preprocessor is not None:
        raise NotCompiledError("it encodes categories by itself (categorical_features)")
    link = LINKS[type(model._loss.link).__name__]
    return {
        **_nodes(_boosted(model), place),
        **_scalars(link=link, baseline=model._baseline_prediction.ravel(), divisor=1, float32=False),
    }


def _linear(pipeline: Pipeline, features: list[str]) -> dict[str, np.ndarray]:
    encoder, model = pipeline["encode"], pipeline["model"]
    columns, steps = _columns(encoder, features), encoder.named_transformers_
    numbers, texts = columns.get("numbers", []), columns.get("categories", [])
    median, mean, scale, places = np.zeros(0), np.zeros(0), np.ones(0), np.zeros(0, dtype=np.intp)
    if numbers:
        imputer, scaler = steps["numbers"]
        median, mean, scale = imputer.statistics_, scaler.mean_, scaler.scale_
    if texts:
        if not isinstance(steps["categories"], OneHotEncoder):
            raise NotCompiledError(f"it is fed by a {type(steps['categories']).__name__}")
        sizes = [len(known) for known in steps["categories"].categories_]
        places = encoder.output_indices_["categories"].start + np.cumsum([0, *sizes[:-1]])
    link = "identity"
    if isinstance(model, LogisticRegression):
        link = "logit" if len(model.classes_) == 2 else "softmax"
    return {
        **_scalars(link=link, numbers=np.array(numbers, dtype=np.intp), texts=np.array(texts, dtype=np.intp)),
        "number_places": np.arange(len(numbers)),
        "places": places,
        **{"median": median, "mean": mean, "scale": scale},
        **{"coef": np.atleast_2d(model.coef_), "intercept": np.atleast_1d(model.intercept_)},
    }


def _scalars(**values: Any) -> dict[str, np.ndarray]:
    return {name: np.asarray(value) for name, value in values.items()}


FAMILIES: dict[type, tuple[str, Any]] = {
    HistGradientBoostingClassifier: ("trees", _trees),
    HistGradientBoostingRegressor: ("trees", _trees),
    RandomForestClassifier: ("trees", _trees),
    RandomForestRegressor: ("trees", _trees),
    LogisticRegression: ("linear", _linear),
    LinearRegression: ("linear", _linear),
}


def arrays(pipeline: Pipeline, features: list[str], classes: list[Any]) -> dict[str, np.ndarray]:
    """Returns the model as arrays.

    Args:
        pipeline: Fitted, of the steps `encode` and `model`.
        features: The names of the columns of the codes.
        classes: The labels, in the order in which probabilities are returned; empty for a regression.

    Raises:
        NotCompiledError: The estimator, or something it was told, is not known here.
    """
    model = pipeline["model"]
    if type(model) not in FAMILIES:
        raise NotCompiledError(f"a {type(model).__name__} can't be compiled")
    kind, make = FAMILIES[type(model)]
    order = metrics.codes(model.classes_, classes) if classes else np.zeros(0, dtype=np.intp)
    return {**make(pipeline, features), **_scalars(kind=kind, order=order, classes=len(classes))}
