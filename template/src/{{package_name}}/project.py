"""The one seam between your files and the template's modules, which import none of yours themselves.

Each function imports its file when it is called: what needs only the contract does not load scikit-learn.
"""

from copy import deepcopy
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from .mlops.contract.columns import Contract, Problem, read
from .mlops.core.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.expectations.expectation import Expectation
    from sklearn.pipeline import Pipeline

    from .mlops.evaluation.gates import Gate
    from .mlops.evaluation.metric_set import MetricSet
    from .mlops.evaluation.report import Criteria
    from .mlops.models.estimators import Family
    from .mlops.reporting.notebook import Notebook


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
    """Returns the steps before the estimator, of `features.py`: `derive`, if it does anything, and `encode`."""
    from sklearn.preprocessing import FunctionTransformer

    from .features import derive, preprocessor

    encode = ("encode", preprocessor(contract, family))
    # Code that returns its argument adds no step, so the model stays one that the service compiles.
    if derive.__code__.co_code == _unchanged.__code__.co_code:
        return [encode]
    return [("derive", FunctionTransformer(derive)), encode]


def check_derived(frame: "pd.DataFrame") -> None:
    """Refuses a `derive` of `features.py` that does not compute each row from that row alone.

    Raises:
        UsageError: As `derivation.check`.
    """
    from .features import DERIVED, derive
    from .mlops.models import derivation

    derivation.check(derive, DERIVED, frame)


def metric_set(problem: Problem) -> "MetricSet":
    """Returns the metrics of a problem, of `metrics.py`."""
    from .metrics import METRICS

    return METRICS[problem]


def gates(evaluation: dict[str, Any]) -> "list[Gate]":
    """Returns the further gates of a model, of `gates.py`.

    Raises:
        UsageError: It does not return gates that are open or closed.
    """
    from .gates import gates
    from .mlops.evaluation.gates import Gate

    made = gates(deepcopy(evaluation))
    if not isinstance(made, list) or not all(isinstance(gate, Gate) and gate.passed in (True, False) for gate in made):
        raise UsageError(f"gates.py: gates() must return a list of Gate, each passed or not; it returns {made!r:.200}.")
    return [replace(gate, passed=bool(gate.passed)) for gate in made]


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


def _notebook() -> "Notebook":
    from .mlops.reporting.notebook import Notebook

    return Notebook(contract(), trusted())


def data() -> "pd.DataFrame":
    """Returns all rows, for a notebook: `from <package> import project`, then `project.data()`."""
    return _notebook().data()


def held_out() -> "pd.DataFrame":
    """Returns the held-out rows with what the model of the last run predicts."""
    return _notebook().held_out()


def champion() -> "Pipeline":
    """Returns the champion: a pipeline that takes `features(rows)`."""
    return _notebook().champion()


def features(rows: "pd.DataFrame") -> "pd.DataFrame":
    """Returns the features of rows, such as those of `data`, as a pipeline takes them."""
    return _notebook().features(rows)


def criteria() -> "Criteria":
    """Returns by what a model is judged: the contract, and what `metrics.py`, `gates.py` and `model.py` say."""
    from .mlops.evaluation.report import Criteria

    found = contract()
    return Criteria(found, metric_set(found.problem), gates, trusted())
