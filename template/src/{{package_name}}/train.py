"""Stage `train`: fits the pipeline on the training rows, saves it to `models/`, logs the run to MLflow."""

import json
import logging
import platform
from importlib.metadata import version

import joblib
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.model_selection import RandomizedSearchCV
from sklearn.pipeline import Pipeline

from . import contract, features, leakage, lineage, metrics, model, params
from .contract import Contract
from .foreign import reason
from .paths import RECORD, TRAIN
from .stage import GateRefused, UsageError, run, write

SCORED_ROWS = 100_000
LIBRARIES = ("scikit-learn", "pandas", "numpy", "skops", "mlflow", "dvc", "great-expectations", "fairlearn")
log = logging.getLogger(__name__)


def refuse_leaks(table: pa.Table, contract_: Contract, train: params.Train) -> None:
    """Refuses to learn from a column that gives the target away.

    Raises:
        GateRefused: A feature alone predicts the target better than `train.leak_score`; `train.allow_leaks` lacks it.
    """
    scores = leakage.scores(table, contract_, train.seed)
    for name, score in scores.items():
        if score >= train.leak_score and name not in train.allow_leaks:
            raise GateRefused(
                f"column {name} alone predicts {contract_.target.name} with a score of {score:.3f}, train.leak_score "
                f"allows less than {train.leak_score}: it is probably known only after the fact, so move it to "
                "LEFT_OUT in schema.py; if it really is known in time, name it in train.allow_leaks.",
                {"leakage": "limit"},
            )


def fit(frame: pd.DataFrame, labels: np.ndarray, contract_: Contract, train: params.Train) -> Pipeline:
    """Fits the pipeline that `params.yaml` describes; with `train.search`, the best of those tried.

    Args:
        frame: Features, as `features.frame` builds them.
        labels: The target, shape (rows,).
        contract_: The columns.
        train: Family, hyper-parameters, search, seed.

    Raises:
        UsageError: scikit-learn does not accept a hyper-parameter or a value of one.
    """
    pipeline = model.build(contract_, train.family, train.hyperparameters, train.seed)
    # Fitting may use all cores; predicting must not, for forests add up their trees in the order in which they finish.
    with joblib.parallel_config(backend="threading", n_jobs=-1):
        try:
            if train.search is None:
                return pipeline.fit(frame, labels)
            search = RandomizedSearchCV(
                pipeline,
                {f"model__{name}": values for name, values in train.search.space.items()},
                n_iter=train.search.iterations,
                cv=train.search.folds,
                scoring=metrics.SCORING[contract_.problem],
                random_state=train.seed,
            ).fit(frame, labels)
        except (ValueError, TypeError) as error:
            raise UsageError(f"scikit-learn can't fit what train in params.yaml asks for: {reason(error)}") from error
    log.info("best of %d: %s", len(search.cv_results_["params"]), search.best_params_)
    return search.best_estimator_


def main() -> None:
    """Runs the stage."""
    chosen, contract_ = params.load(), contract.load()
    table = pq.read_table(TRAIN)
    refuse_leaks(table, contract_, chosen.train)
    frame, labels = features.frame(table, contract_), features.labels(table, contract_)
    del table
    pipeline = fit(frame, labels, contract_, chosen.train)
    rows = np.random.default_rng(chosen.train.seed).permutation(len(frame))[:SCORED_ROWS]
    truth = metrics.codes(labels[rows], contract_.classes) if contract_.classes else labels[rows]
    scores = metrics.score(contract_.problem, truth, metrics.predict(pipeline, frame.iloc[rows], contract_))
    first = metrics.FIRST[contract_.problem]
    model_hash = model.save(pipeline)

    from . import experiment, tracking

    tracking.connect()
    experiment.log_run(pipeline, model_hash, contract_, {f"train_{name}": value for name, value in scores.items()})
    record = {
        "sha256": model_hash,
        "family": chosen.train.family,
        "problem": contract_.problem,
        "rows": len(frame),
        "data_hash": lineage.data_hash(),
        "python": platform.python_version(),
        "scikit_learn": version("scikit-learn"),
        "libraries": {name: version(name) for name in LIBRARIES},
    }
    write(RECORD, json.dumps(record, indent=2) + "\n")
    log.info("trained %s on %s rows: %s %.4f on them", chosen.train.family, f"{len(frame):,}", first, scores[first])


if __name__ == "__main__":
    run(main)
