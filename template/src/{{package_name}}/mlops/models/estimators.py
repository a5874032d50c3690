"""The estimators that the template knows, and how one is made from `train` in `params.yaml`.

All but the linear ones are trees: they take the ordinal codes and the missing values of `features.py` as they are.
"""

import importlib
import inspect
from typing import Any

from sklearn.ensemble import VotingClassifier
from sklearn.pipeline import Pipeline

from ..contract.columns import Problem
from ..core.errors import UsageError
from ..core.untrusted_text import reason

Family = tuple[Any, Any, dict[str, Any]]  # classifier, regressor, defaults; a class, or the full name of one

# The last three are no dependencies of a project: `uv add` installs them. One thread each, because more of them wait
# for each other where cores are shared; `n_jobs`, of CatBoost `thread_count`, in train.hyperparameters changes it.
FAMILIES: dict[str, Family] = {
    "linear": ("sklearn.linear_model.LogisticRegression", "sklearn.linear_model.LinearRegression", {}),
    "random_forest": (
        "sklearn.ensemble.RandomForestClassifier",
        "sklearn.ensemble.RandomForestRegressor",
        {"min_samples_leaf": 2},
    ),
    "hist_gradient_boosting": (
        "sklearn.ensemble.HistGradientBoostingClassifier",
        "sklearn.ensemble.HistGradientBoostingRegressor",
        {},
    ),
    "lightgbm": (
        "lightgbm.LGBMClassifier",
        "lightgbm.LGBMRegressor",
        {"deterministic": True, "force_row_wise": True, "n_jobs": 1, "verbosity": -1},
    ),
    "xgboost": ("xgboost.XGBClassifier", "xgboost.XGBRegressor", {"tree_method": "hist", "n_jobs": 1}),
    "catboost": (
        "catboost.CatBoostClassifier",
        "catboost.CatBoostRegressor",
        {"thread_count": 1, "allow_writing_files": False, "verbose": False},
    ),
}

# What CatBoost and LightGBM raise where others raise a ValueError.
ERRORS = ("CatBoostError", "LightGBMError")


def chosen(problem: Problem, family: str, own: dict[str, Family]) -> tuple[Any, dict[str, Any]]:
    """Returns the class of a family for a problem, and the family's defaults.

    Raises:
        UsageError: The family is unknown, or its library is not installed or has no such class.
    """
    families = FAMILIES | own
    if family not in families:
        raise UsageError(
            f"params.yaml, train.family: {family!r} is unknown, it is one of {', '.join(families)}; add your own to "
            "ESTIMATORS in model.py."
        )
    classifier, regressor, defaults = families[family]
    return _class(family, regressor if problem == "regression" else classifier), defaults


def defaults_of(kind: Any) -> dict[str, Any]:
    """Returns the parameters that a class of estimators takes, with the values that they have by themselves."""
    taken = [taker for taker in inspect.signature(kind).parameters.values() if taker.kind is not taker.VAR_KEYWORD]
    return {taker.name: taker.default for taker in taken} | kind().get_params()


def _class(family: str, named: Any) -> Any:
    """Returns the class that a family names.

    Raises:
        UsageError: Its library is not installed or can't be loaded, or has no such class.
    """
    if not isinstance(named, str):
        return named
    module, _, name = named.rpartition(".")
    library = module.partition(".")[0]
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        if error.name != library:
            raise
        raise UsageError(
            f"train.family: {family} needs {library}, which is not installed: `uv add {library}`."
        ) from None
    except AttributeError:
        raise UsageError(f"train.family: {family} is {named}, but {module} has no {name}: correct model.py.") from None
    except OSError as error:  # a wheel of LightGBM has no OpenMP
        raise UsageError(
            f"train.family: {library} can't be loaded ({reason(error)}): install OpenMP, `apt-get install libgomp1` or "
            "`brew install libomp`."
        ) from None


def build(problem: Problem, family: str, hyperparameters: dict[str, Any], seed: int, own: dict[str, Family]) -> Any:
    """Returns an unfitted estimator.

    A classifier that is not scikit-learn's is fitted on the numbers of the classes, because XGBoost takes no other
    labels, and skops can't keep LightGBM's table of booleans.

    Args:
        problem: Which.
        family: A key of `own` or of `FAMILIES`.
        hyperparameters: Passed to the estimator.
        seed: Its random state, if it has one.
        own: Further families; one with a name of `FAMILIES` replaces it.

    Raises:
        UsageError: The family or a hyperparameter is unknown, or the library of the family is missing.
    """
    kind, defaults = chosen(problem, family, own)
    known = set(defaults_of(kind))
    unknown = sorted(set(hyperparameters) - known)
    if unknown:
        raise UsageError(
            f"train.hyperparameters: {kind.__name__} has no {', '.join(unknown)}; it has {', '.join(sorted(known))}."
        )
    seeded = {"random_state": seed} if "random_state" in known else {}
    estimator = kind(**{**seeded, **defaults, **hyperparameters})
    if problem == "regression" or kind.__module__.startswith("sklearn."):
        return estimator
    return VotingClassifier([("numbered", estimator)], voting="soft")


def parameter(pipeline: Pipeline, name: str) -> str:
    """Returns the name that a hyperparameter of the estimator has in the pipeline."""
    return f"model__{'numbered__' if isinstance(pipeline['model'], VotingClassifier) else ''}{name}"
