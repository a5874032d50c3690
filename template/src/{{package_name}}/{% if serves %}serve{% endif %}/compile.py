"""Takes a fitted pipeline apart into the arrays that `predictor` evaluates.

All numbers come from the fitted encoder and estimator, so nothing can diverge from what was trained; `parity` measures
it. What is not known here is served through the pipeline itself, slower.
"""

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

from ..prediction import encode_labels
from . import nodes
from .nodes import NotCompiledError

LINKS = {"IdentityLink": "identity", "LogLink": "log", "LogitLink": "logit", "MultinomialLogit": "softmax"}


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


def _trees(pipeline: Pipeline, features: list[str]) -> dict[str, np.ndarray]:
    encoder, model = pipeline["encode"], pipeline["model"]
    for name, step, _ in encoder.transformers_:
        if name == "categories" and not isinstance(step, OrdinalEncoder):
            raise NotCompiledError(f"its trees are fed by a {type(step).__name__}")
    place = np.array([number for columns in _columns(encoder, features).values() for number in columns])
    if isinstance(model, RandomForestClassifier | RandomForestRegressor):
        grown = nodes.in_order(nodes.grown(model), place)
        outputs, divisor = grown["value"].shape[1], len(model.estimators_)
        link = "probability" if isinstance(model, RandomForestClassifier) else "identity"
        return {**grown, **_scalars(link=link, baseline=np.zeros(outputs), divisor=divisor, float32=True)}
    if model._preprocessor is not None:
        raise NotCompiledError("it encodes categories by itself (categorical_features)")
    link = LINKS[type(model._loss.link).__name__]
    return {
        **nodes.in_order(nodes.boosted(model), place),
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
        raise NotCompiledError(f"{type(model).__name__} is not known to the compiler")
    kind, make = FAMILIES[type(model)]
    order = encode_labels(model.classes_, classes) if classes else np.zeros(0, dtype=np.intp)
    return {**make(pipeline, features), **_scalars(kind=kind, order=order, classes=len(classes))}
