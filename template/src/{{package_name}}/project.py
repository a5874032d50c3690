"""The one seam between your files and the template's: each function imports the file that it hands over when called."""

from typing import TYPE_CHECKING, Any

from .contract import Contract

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from .estimators import Family


def estimators() -> "dict[str, Family]":
    """Returns the further estimators: `model.py`."""
    from .model import ESTIMATORS

    return ESTIMATORS


def trusted() -> list[str]:
    """Returns the further types that a model file may hold: `model.py`."""
    from .model import TRUSTED

    return TRUSTED


def pipeline(contract: Contract, family: str, hyperparameters: dict[str, Any], seed: int) -> "Pipeline":
    """Returns an unfitted pipeline: the steps of `features.py`, and `model`; arguments as of `estimators.build`."""
    from sklearn.pipeline import Pipeline

    from .estimators import build
    from .features import encoder

    estimator = build(contract.problem, family, hyperparameters, seed, estimators())
    return Pipeline([("encode", encoder(contract, linear=family == "linear")), ("model", estimator)])
