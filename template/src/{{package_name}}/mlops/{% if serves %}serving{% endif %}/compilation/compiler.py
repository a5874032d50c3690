"""Takes a fitted pipeline apart into the arrays that `predictor` evaluates.

It takes exactly the pipelines that it knows; all others are served through the pipeline itself, slower. All numbers
come from the fitted encoder and estimator, so nothing can diverge from what was trained; `parity` measures it.
"""

from typing import Any

import numpy as np
import sklearn
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler

from ...models.prediction import encode_labels
from ..model.bundle import Column
from . import tree_nodes
from .known_steps import UNREADABLE, demand, demand_equal, encoder_parts
from .tree_nodes import NotCompiledError

LINKS = {"IdentityLink": "identity", "LogLink": "log", "LogitLink": "logit", "MultinomialLogit": "softmax"}


def _places(pipeline: Pipeline, columns: list[Column], encode: type) -> dict[str, tuple[Any, np.ndarray, slice]]:
    """Returns the parts of the encoder, with the places of its columns in the codes, and its place in the output."""
    names, found = [column.name for column in columns], {}
    for part, (step, taken, output) in encoder_parts(pipeline["encode"]).items():
        of = [columns[names.index(name)] for name in taken]
        if part == "categories":
            demand(step, encode)
            known = [values.tolist() for values in step.categories_]
            demand_equal("categories", known, [list(column.categories) for column in of])
        elif encode is OrdinalEncoder:
            demand(step, FunctionTransformer)
        if any((column.kind == "category") != (part == "categories") for column in of):
            raise NotCompiledError(f"its encoder has columns of another kind among the {part}")
        found[part] = step, np.array([names.index(name) for name in taken], dtype=np.intp), output
    width = sum(output.stop - output.start for _, _, output in found.values())
    demand_equal("inputs", pipeline["model"].n_features_in_, width)
    return found


def _outputs(model: Any) -> int:
    """Returns how many sums make a prediction: one for each class, but only one for two."""
    classes = len(getattr(model, "classes_", ()))
    if classes == 1:
        raise NotCompiledError("it knows one class only")
    return classes if classes > 2 else 1


def _trees(pipeline: Pipeline, columns: list[Column]) -> dict[str, np.ndarray]:
    model, outputs = pipeline["model"], _outputs(pipeline["model"])
    parts = _places(pipeline, columns, OrdinalEncoder)
    place = np.empty(model.n_features_in_, dtype=np.intp)
    for _, places, output in parts.values():
        place[output] = places
    if isinstance(model, RandomForestClassifier | RandomForestRegressor):
        probability = isinstance(model, RandomForestClassifier)
        grown = tree_nodes.in_order(tree_nodes.grown(model), place)
        demand_equal("outputs", grown["value"].shape[1], len(model.classes_) if probability else 1)
        baseline, link = np.zeros(grown["value"].shape[1]), "probability" if probability else "identity"
        scalars = _scalars(link=link, baseline=baseline, divisor=len(model.estimators_), float32=True)
        return {**grown, **scalars}
    if model._preprocessor is not None:
        raise NotCompiledError("it encodes categories by itself (categorical_features)")
    baseline, link = model._baseline_prediction.ravel(), LINKS[type(model._loss.link).__name__]
    demand_equal("outputs", (baseline.size, model.n_trees_per_iteration_), (outputs, outputs))
    boosted = tree_nodes.in_order(tree_nodes.boosted(model), place)
    return {**boosted, **_scalars(link=link, baseline=baseline, divisor=1, float32=False)}


def _linear(pipeline: Pipeline, columns: list[Column]) -> dict[str, np.ndarray]:
    model, outputs = pipeline["model"], _outputs(pipeline["model"])
    parts, none = _places(pipeline, columns, OneHotEncoder), np.zeros(0, dtype=np.intp)
    numbers, texts, places, number_places = none, none, none, none
    median, mean, scale = np.zeros(0), np.zeros(0), np.ones(0)
    if "numbers" in parts:
        step, numbers, output = parts["numbers"]
        demand(step, Pipeline)
        imputer, scaler = step[0], step[-1]
        demand(imputer, SimpleImputer)
        demand(scaler, StandardScaler)
        demand_equal("steps for numbers", len(step), 2)
        number_places = np.arange(output.start, output.stop)
        median, mean, scale = imputer.statistics_.astype(np.float64), scaler.mean_, scaler.scale_
        demand_equal("numbers", [len(each) for each in (median, mean, scale)], [len(numbers)] * 3)
        demand_equal("medians that are missing", int(np.isnan(median).sum()), 0)
    if "categories" in parts:
        step, texts, output = parts["categories"]
        places = output.start + np.cumsum([0, *(len(known) for known in step.categories_[:-1])])
    coef, intercept = np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_)
    demand_equal("coefficients", (coef.shape, len(intercept)), ((outputs, model.n_features_in_), outputs))
    link = "identity"
    if isinstance(model, LogisticRegression):
        link = "logit" if outputs == 1 else "softmax"
    return {
        **_scalars(link=link, numbers=numbers, texts=texts, number_places=number_places, places=places),
        **{"median": median, "mean": mean, "scale": scale, "coef": coef, "intercept": intercept},
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


def arrays(pipeline: Pipeline, features: list[Column], classes: list[Any]) -> dict[str, np.ndarray]:
    """Returns the model as arrays.

    Args:
        pipeline: A fitted model.
        features: The features, in the order of the codes.
        classes: The labels, in the order in which probabilities are returned; empty for a regression.

    Raises:
        NotCompiledError: It is not exactly a pipeline that is known here.
    """
    try:
        return _arrays(pipeline, features, classes)
    except UNREADABLE as error:
        raise NotCompiledError(
            f"scikit-learn {sklearn.__version__} holds it in a form that the compiler does not know ({error!r})"
        ) from error


def _arrays(pipeline: Pipeline, features: list[Column], classes: list[Any]) -> dict[str, np.ndarray]:
    demand(pipeline, Pipeline)
    demand_equal("steps", [name for name, _ in pipeline.steps], ["encode", "model"])
    model = pipeline["model"]
    demand(model, *FAMILIES)
    kind, make = FAMILIES[type(model)]
    order = encode_labels(model.classes_, classes) if classes else np.zeros(0, dtype=np.intp)
    return {**make(pipeline, features), **_scalars(kind=kind, order=order, classes=len(classes))}
