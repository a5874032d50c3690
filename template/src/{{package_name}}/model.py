"""Builds, saves and loads the model: a scikit-learn pipeline in a skops file, never a pickle."""

import hashlib
from pathlib import Path
from typing import Any

from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import Pipeline

from .artifact import canonical, verify
from .contract import Contract
from .features import encoder
from .paths import MODEL
from .stage import Refusal, UsageError, replacing

# What a file may contain besides skops' own list of harmless types; anything else is refused.
TRUSTED = [
    "numpy.dtype",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.tree._tree.Tree",
]
FAMILIES: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "linear": (LogisticRegression, LinearRegression, {}),
    "random_forest": (RandomForestClassifier, RandomForestRegressor, {"min_samples_leaf": 2}),
    "hist_gradient_boosting": (HistGradientBoostingClassifier, HistGradientBoostingRegressor, {}),
}


def build(contract: Contract, family: str, hyperparameters: dict[str, Any], seed: int) -> Pipeline:
    """Returns an unfitted pipeline of two steps, `encode` and `model`.

    Args:
        contract: The columns.
        family: A key of `FAMILIES`.
        hyperparameters: Passed to the estimator.
        seed: For its random state, where it has one.

    Raises:
        UsageError: A hyper-parameter is unknown to the estimator.
    """
    classifier, regressor, defaults = FAMILIES[family]
    kind = regressor if contract.problem == "regression" else classifier
    known = kind().get_params()
    unknown = sorted(set(hyperparameters) - set(known))
    if unknown:
        raise UsageError(
            f"train.hyperparameters: {kind.__name__} has no {', '.join(unknown)}; it has {', '.join(known)}."
        )
    seeded = {"random_state": seed} if "random_state" in known else {}
    estimator = kind(**{**seeded, **defaults, **hyperparameters})
    return Pipeline([("encode", encoder(contract, linear=family == "linear")), ("model", estimator)])


def save(pipeline: Pipeline, path: Path = MODEL) -> str:
    """Writes a fitted pipeline and returns its content hash.

    Raises:
        UsageError: It holds types that `load` would not trust.
    """
    from skops import io as skops_io

    content = canonical(skops_io.dumps(pipeline))
    untrusted = set(skops_io.get_untrusted_types(data=content)) - set(TRUSTED)
    if untrusted:
        raise UsageError(
            f"the model holds types that are not trusted ({', '.join(sorted(untrusted))}), so nothing could load it: "
            "leave out of train.hyperparameters what brings them in, such as categorical_features."
        )
    with replacing(path) as beside:
        beside.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def load(path: Path, expected: str) -> Pipeline:
    """Loads a model, but only the one that was recorded.

    Args:
        path: The skops file.
        expected: The content hash that was recorded when it was saved.

    Raises:
        Refusal: The file is not the one that was recorded, or holds types that are not trusted.
    """
    from skops import io as skops_io

    verify(path, expected)
    untrusted = set(skops_io.get_untrusted_types(file=path)) - set(TRUSTED)
    if untrusted:
        raise Refusal(f"{path} holds types that are not trusted: {', '.join(sorted(untrusted))}.")
    return skops_io.load(path, trusted=TRUSTED)
