"""Recognizes the steps that the compiler knows: exact types, and parameters at values whose effect it reproduces.

A parameter that is in no list here, because a user or another version of scikit-learn brought it, is not recognized.
"""

import math
import reprlib
from typing import Any

from sklearn.compose import ColumnTransformer
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

from .tree_nodes import NotCompiledError

# What reading the attributes of a step that is not fitted, or of another version of scikit-learn, may raise.
UNREADABLE = (AttributeError, IndexError, KeyError, TypeError, ValueError)
FOREST = (
    "bootstrap ccp_alpha class_weight criterion max_depth max_features max_leaf_nodes max_samples "
    "min_impurity_decrease min_samples_leaf min_samples_split min_weight_fraction_leaf monotonic_cst n_estimators "
    "n_jobs oob_score random_state verbose warm_start"
)
BOOSTING = (
    "class_weight early_stopping interaction_cst l2_regularization learning_rate max_bins max_depth max_features "
    "max_iter max_leaf_nodes min_samples_leaf monotonic_cst n_iter_no_change quantile random_state scoring tol "
    "validation_fraction verbose warm_start categorical_features"  # the last one: see `_preprocessor` in `compile`
)
LOGISTIC = (
    "C class_weight dual fit_intercept intercept_scaling l1_ratio max_iter n_jobs penalty random_state solver tol"
)
# Of each type: the parameters that shape nothing but what is fitted, and the values that the others may have.
KNOWN: dict[type, tuple[str, dict[str, tuple[Any, ...]]]] = {
    Pipeline: ("steps memory verbose transform_input", {}),
    ColumnTransformer: (
        "transformers sparse_threshold n_jobs verbose verbose_feature_names_out",
        {"remainder": ("drop",), "transformer_weights": (None,)},
    ),
    FunctionTransformer: (
        "accept_sparse check_inverse feature_names_out inv_kw_args inverse_func kw_args",
        {"func": (None,), "validate": (False,)},
    ),
    SimpleImputer: (
        "copy fill_value keep_empty_features strategy",
        {"missing_values": (math.nan,), "add_indicator": (False,)},
    ),
    StandardScaler: ("copy", {"with_mean": (True,), "with_std": (True,)}),
    OneHotEncoder: (
        "categories dtype feature_name_combiner sparse_output",
        {"drop": (None,), "handle_unknown": ("ignore",), "max_categories": (None,), "min_frequency": (None,)},
    ),
    OrdinalEncoder: (
        "categories dtype",
        {
            "handle_unknown": ("use_encoded_value",),
            "unknown_value": (math.nan,),
            "encoded_missing_value": (math.nan,),
            "max_categories": (None,),
            "min_frequency": (None,),
        },
    ),
    LogisticRegression: (f"{LOGISTIC} verbose warm_start", {}),
    LinearRegression: ("copy_X fit_intercept n_jobs positive tol", {}),
    RandomForestClassifier: (FOREST, {}),
    RandomForestRegressor: (FOREST, {}),
    HistGradientBoostingClassifier: (BOOSTING, {"loss": ("log_loss",)}),
    HistGradientBoostingRegressor: (
        BOOSTING,
        {"loss": ("squared_error", "absolute_error", "gamma", "poisson", "quantile")},
    ),
}


def _is(value: Any, allowed: Any) -> bool:
    if type(value) is not type(allowed):
        return False
    return value == allowed or (isinstance(value, float) and math.isnan(value) and math.isnan(allowed))


def demand(step: Any, *kinds: type) -> None:
    """Lets a step pass that is exactly of one of the types, with parameters that are known.

    Raises:
        NotCompiledError: It is something else, or a parameter has a value that is not known.
    """
    name = type(step).__name__
    if type(step) not in kinds:
        raise NotCompiledError(f"{name} is not a step that the compiler knows here")
    fitting, fixed = KNOWN[type(step)]
    values = step.get_params(deep=False)
    for parameter in sorted({*values, *fixed} - {*fitting.split()}):
        value, known = values.get(parameter), fixed.get(parameter, ())
        if parameter not in values or not any(_is(value, allowed) for allowed in known):
            raise NotCompiledError(f"the compiler does not know {name} with {parameter}={reprlib.repr(value)}")


def demand_equal(what: str, found: Any, expected: Any) -> None:
    """Lets a fitted attribute pass that is as expected.

    Raises:
        NotCompiledError: It is not.
    """
    if found != expected:
        raise NotCompiledError(f"its {what} are {reprlib.repr(found)}, the compiler expects {reprlib.repr(expected)}")


def encoder_parts(encoder: Any) -> dict[str, tuple[Any, list[str], slice]]:
    """Returns the fitted transformers of the encoder by name, each with its columns and its place in the output.

    Raises:
        NotCompiledError: It is not an encoder of `numbers` and `categories`.
    """
    demand(encoder, ColumnTransformer)
    kept = [part for part in encoder.transformers_ if part[0] != "remainder"]
    names = [name for name, _, _ in kept]
    if len(set(names)) < len(names) or not names or set(names) - {"numbers", "categories"}:
        raise NotCompiledError(f"its encoder has the parts {', '.join(names)}, not numbers and categories")
    return {name: (step, [str(c) for c in columns], encoder.output_indices_[name]) for name, step, columns in kept}


def categories(pipeline: Pipeline) -> dict[str, list[Any]]:
    """Returns, by column, the categories that the pipeline knows, where it takes all others as if they were missing.

    Empty where that is not certain.
    """
    try:
        step, columns, _ = encoder_parts(pipeline.steps[0][1])["categories"]
        demand(step, OrdinalEncoder, OneHotEncoder)
        known = {column: values.tolist() for column, values in zip(columns, step.categories_, strict=True)}
    except (NotCompiledError, *UNREADABLE):
        return {}
    missing = [value for values in known.values() for value in values if value is None or value != value]
    return {} if missing else known
