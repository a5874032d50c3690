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
from . import empty_columns, estimators, tuning
from .tuning import Trial

log = logging.getLogger(__name__)


def _trials(search: RandomizedSearchCV) -> list[Trial]:
    """Returns what a search tried, the best first."""
    results = search.cv_results_
    folds = np.column_stack([results[f"split{number}_test_score"] for number in range(search.n_splits_)])
    return [
        Trial(
            {name.rpartition("__")[2]: value for name, value in results["params"][at].items()},
            float(results["mean_test_score"][at]),
            folds[at].tolist(),
        )
        for at in np.argsort(results["rank_test_score"], kind="stable")
    ]


def fit(
    pipeline: Pipeline,
    frame: pd.DataFrame,
    labels: np.ndarray,
    train: params.Train,
    scorer: Callable[..., float] | None = None,
    folds: list[tuple[np.ndarray, np.ndarray]] | int | None = None,
    weights: np.ndarray | None = None,
) -> tuple[Pipeline, list[Trial]]:
    """Fits a pipeline; with `train.search`, the best of those tried. Returns it, and what was tried, the best first.

    Args:
        pipeline: Preprocessor and model, not fitted yet.
        frame: Features, as `frame.feature_frame` builds them.
        labels: The target, shape (rows,).
        train: Search and seed.
        scorer: What the search maximizes.
        folds: Positions of the rows that each fold of the search learns from and is scored on, or how many.
        weights: Of the rows, shape (rows,); each fold of a search learns with those of its rows, and is scored without.

    Raises:
        UsageError: The estimator does not accept a hyper-parameter or a value of one.
    """
    pipeline = empty_columns.Fitting(pipeline.steps)
    weighed = {} if weights is None else {"model__sample_weight": weights}
    # Fitting may use all cores; predicting must not, for forests add up their trees in the order in which they finish.
    with joblib.parallel_config(backend="threading", n_jobs=-1):
        try:
            if train.search is None:
                return Pipeline(pipeline.fit(frame, labels, **weighed).steps), []
            if scorer and tuning.asked(train.search):
                task = tuning.Task(pipeline, frame, labels, train.search, scorer, folds, weights)
                best, trials = tuning.tune(task, train.seed)
                return Pipeline(best.steps), trials
            search = RandomizedSearchCV(
                pipeline,
                {estimators.parameter(pipeline, name): values for name, values in train.search.space.items()},
                n_iter=train.search.iterations,
                cv=train.search.folds if folds is None else folds,
                scoring=scorer,
                random_state=train.seed,
            ).fit(frame, labels, **weighed)
        except Exception as error:
            if not isinstance(error, ValueError | TypeError) and type(error).__name__ not in estimators.ERRORS:
                raise
            raise UsageError(f"{train.family} can't fit what train in params.yaml asks for: {reason(error)}") from error
    log.info("best of %d: %s", len(search.cv_results_["params"]), search.best_params_)
    return Pipeline(search.best_estimator_.steps), _trials(search)
