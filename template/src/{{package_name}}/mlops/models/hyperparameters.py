"""Which hyper-parameters `params.yaml` gives an estimator, and which ones a fitted model has."""

import math
from typing import Any

from sklearn.ensemble import VotingClassifier
from sklearn.pipeline import Pipeline

from ..contract.columns import Problem
from ..core import params
from ..core.errors import UsageError
from . import estimators
from .estimators import FAMILIES, Family


def _equal(one: Any, other: Any) -> bool:
    return type(one) is type(other) and one == other


def given(problem: Problem, train: params.Train, own: dict[str, Family]) -> dict[str, Any]:
    """Returns what to pass to the estimator: `train.hyperparameters`, over what `train.families` says of the family.

    A listed value that the estimator has by itself is left out: so a list of defaults changes no model, and may name
    what only the classifier or only the regressor of a family has.

    Args:
        problem: Which.
        train: Of `params.yaml`.
        own: As of `estimators.build`.

    Raises:
        UsageError: `train.families` has an unknown family, or something that the estimator does not have; or the
            chosen family is unknown or not installed.
    """
    unknown = sorted(set(train.families) - set(FAMILIES | own))
    if unknown:
        raise UsageError(
            f"params.yaml, train.families: {', '.join(unknown)} is unknown, it is one of {', '.join(FAMILIES | own)}."
        )
    listed = train.families.get(train.family, {})
    if not listed:
        return train.hyperparameters
    kind, defaults = estimators.chosen(problem, train.family, own)
    usual = estimators.defaults_of(kind)
    missing = [name for name in listed if name not in usual]
    if missing:
        of_other = estimators.chosen("binary" if problem == "regression" else "regression", train.family, own)[0]
        others = estimators.defaults_of(of_other)
        wrong = [name for name in missing if name not in others or not _equal(listed[name], others[name])]
        if wrong:
            raise UsageError(
                f"params.yaml, train.families.{train.family}: {kind.__name__} has no {', '.join(wrong)}; it has "
                f"{', '.join(sorted(usual))}."
            )
    usual |= defaults
    changed = {name: value for name, value in listed.items() if name in usual and not _equal(value, usual[name])}
    return changed | train.hyperparameters


def _shown(value: Any) -> Any:
    """Returns a value as JSON has it; what is neither text nor number as its name."""
    if isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, list | tuple):
        return [_shown(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _shown(item) for key, item in value.items()}
    if hasattr(value, "item"):  # a number of NumPy
        return _shown(value.item())
    return getattr(value, "__name__", type(value).__name__)


def effective(pipeline: Pipeline) -> dict[str, Any]:
    """Returns the hyper-parameters of a fitted model, those that nobody chose included; none that is None."""
    model = pipeline["model"]
    part = model.estimators_[0] if isinstance(model, VotingClassifier) else model
    found = part.get_all_params() if hasattr(part, "get_all_params") else part.get_params(deep=False)
    return {name: _shown(found[name]) for name in sorted(found) if found[name] is not None}
