"""Fits a pipeline, with or without a search of its hyperparameters."""

import logging
from collections.abc import Callable

import joblib
import numpy as np
import pandas as pd
from sklearn.model_selection import RandomizedSearchCV
from sklearn.pipeline import Pipeline

from ..core import params
from ..core.errors import UsageError
from ..core.untrusted_text import reason
from . import estimators

log = logging.getLogger(__name__)


def fit(
    pipeline: Pipeline,
    frame: pd.DataFrame,
    labels: np.ndarray,
    train: params.Train,
    scorer: Callable[..., float] | None = None,
) -> Pipeline:
    """Fits a pipeline; with `train.search`, the best of those tried.

    Args:
        pipeline: Preprocessor and model, not fitted yet.
        frame: Features, as `frame.feature_frame` builds them.
        labels: The target, shape (rows,).
        train: Search and seed.
        scorer: What the search maximizes.

    Raises:
        UsageError: The estimator does not accept a hyper-parameter or a value of one.
    """
    # Fitting may use all cores; predicting must not, for forests add up their trees in the order in which they finish.
    with joblib.parallel_config(backend="threading", n_jobs=-1):
        try:
            if train.search is None:
                return pipeline.fit(frame, labels)
            search = RandomizedSearchCV(
                pipeline,
                {estimators.parameter(pipeline, name): values for name, values in train.search.space.items()},
                n_iter=train.search.iterations,
                cv=train.search.folds,
                scoring=scorer,
                random_state=train.seed,
            ).fit(frame, labels)
        except Exception as error:
            if not isinstance(error, ValueError | TypeError) and type(error).__name__ not in estimators.ERRORS:
                raise
            raise UsageError(f"{train.family} can't fit what train in params.yaml asks for: {reason(error)}") from error
    log.info("best of %d: %s", len(search.cv_results_["params"]), search.best_params_)
    return search.best_estimator_
