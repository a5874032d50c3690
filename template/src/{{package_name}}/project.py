"""The one seam between your files and the template's modules, which import none of yours themselves.

Each function imports its file when it is called: what needs only the contract does not load scikit-learn.
"""

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from .mlops.contract.columns import Contract, Problem, read

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.expectations.expectation import Expectation
    from sklearn.pipeline import Pipeline

    from .mlops.evaluation.gates import Gate
    from .mlops.evaluation.metric_set import MetricSet
    from .mlops.evaluation.report import Criteria
    from .mlops.models.estimators import Family


@cache
def contract() -> Contract:
    """Returns the contract, of `schema.py`."""
    from .schema import LEFT_OUT, Row

    return read(Row, LEFT_OUT)


def expectations() -> "list[Expectation]":
    """Returns the further expectations of the data, of `expectations.py`."""
    from .expectations import expectations

    return expectations()


def _unchanged(frame: "pd.DataFrame") -> "pd.DataFrame":
    return frame


def steps(contract: Contract, family: str) -> list[tuple[str, Any]]:
    """Returns the steps before the estimator, of `features.py`: `derive`, if it does anything, and `encode`.

    Args:
        contract: The columns.
        family: `train.family`.
    """
    from sklearn.preprocessing import FunctionTransformer

    from .features import derive, preprocessor

    encode = ("encode", preprocessor(contract, family))
    # Code that returns its argument adds no step, so the model stays one that the service compiles.
    if derive.__code__.co_code == _unchanged.__code__.co_code:
        return [encode]
    return [("derive", FunctionTransformer(derive)), encode]


def metric_set(problem: Problem) -> "MetricSet":
    """Returns the metrics of a problem, of `metrics.py`."""
    from .metrics import METRICS

    return METRICS[problem]


def gates(evaluation: dict[str, Any]) -> "list[Gate]":
    """Returns the further gates of a model, of `gates.py`."""
    from .gates import gates

    return [replace(gate, passed=bool(gate.passed)) for gate in gates(evaluation)]


def estimators() -> "dict[str, Family]":
    """Returns the further estimators, of `model.py`."""
    from .model import ESTIMATORS

    return ESTIMATORS


def pipeline(contract: Contract, family: str, hyperparameters: dict[str, Any], seed: int) -> "Pipeline":
    """Returns an unfitted pipeline: the steps of `features.py`, and `model`; arguments as of `estimators.build`."""
    from sklearn.pipeline import Pipeline

    from .mlops.models.estimators import build

    estimator = build(contract.problem, family, hyperparameters, seed, estimators())
    return Pipeline([*steps(contract, family), ("model", estimator)])


def trusted() -> list[str]:
    """Returns the types that a model file may hold besides the template's: those of `model.py`, and `derive`."""
    from .model import TRUSTED

    return [*TRUSTED, f"{__package__}.features.derive"]


def criteria() -> "Criteria":
    """Returns by what a model is judged: the contract, and what `metrics.py`, `gates.py` and `model.py` say."""
    from .mlops.evaluation.report import Criteria

    found = contract()
    return Criteria(found, metric_set(found.problem), gates, trusted())
