"""Stage `train`: fits the pipeline on the training rows, saves it to `models/`, logs the run to MLflow."""

import json
import logging
import platform
from importlib.metadata import version

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from .. import project
from ..mlops.contract import notes
from ..mlops.contract.frame import feature_frame, target_labels
from ..mlops.core import lineage, params
from ..mlops.core.atomic import write
from ..mlops.core.paths import DATASET, RECORD, TRAIN
from ..mlops.core.runner import run
from ..mlops.data import folds
from ..mlops.evaluation import slices
from ..mlops.evaluation.metric_set import Scored
from ..mlops.models import empty_columns, fitting, hyperparameters, persistence, reweighing
from ..mlops.models.libraries import libraries
from ..mlops.models.prediction import encode_labels, predict
from ..mlops.validation import leakage

SCORED_ROWS = 100_000
LIBRARIES = ("mlflow", "dvc", "great-expectations", "fairlearn")
log = logging.getLogger(__name__)


def main() -> None:
    """Runs the stage."""
    chosen, contract_ = params.load(), project.contract()
    told = leakage.refuse_leaks(pq.read_table(DATASET), contract_, chosen.train)
    table = pq.read_table(TRAIN)
    frame, labels = feature_frame(table, contract_), target_labels(table, contract_)
    flagged = notes.flagged([*told, *empty_columns.notes(frame)])
    project.check_derived(frame)
    metrics = project.metric_set(contract_.problem)
    rows = np.random.default_rng(chosen.train.seed).permutation(len(frame))[:SCORED_ROWS]
    sample, search = table.take(pa.array(rows)), chosen.train.search
    scorer = metrics.scorer(contract_, table) if search else None
    cut = folds.of(table, contract_, chosen.split, search.folds, chosen.train.seed) if search else None
    groups = slices.finest(table, contract_) if chosen.train.mitigation == reweighing.METHOD else None
    del table  # most of the memory, which fitting needs
    given = hyperparameters.given(contract_.problem, chosen.train, project.estimators())
    pipeline = project.pipeline(contract_, chosen.train.family, given, chosen.train.seed)
    weights = None
    if chosen.train.mitigation == reweighing.METHOD:
        weights = reweighing.of(pipeline, contract_.problem, groups, labels)
        flagged = sorted({*flagged, *notes.flagged(reweighing.notes(weights))})
    pipeline, trials = fitting.fit(pipeline, frame, labels, chosen.train, scorer, cut, weights)
    truth = encode_labels(labels[rows], contract_.classes) if contract_.classes else labels[rows]
    scores = metrics.score(Scored(truth, predict(pipeline, frame.iloc[rows], contract_), sample))
    first = metrics.primary
    trusted = project.trusted()
    model_hash = persistence.save(pipeline, trusted)

    from ..mlops.tracking import mlflow_client, runs

    mlflow_client.connect()
    logged = {f"train_{name}": value for name, value in scores.items()}
    runs.log_run(pipeline, model_hash, contract_, logged, trusted, trials)
    record = {
        "sha256": model_hash,
        "family": chosen.train.family,
        "hyperparameters": hyperparameters.effective(pipeline),
        "problem": contract_.problem,
        "rows": len(frame),
        "data_hash": lineage.data_hash(),
        "python": platform.python_version(),
        "scikit_learn": version("scikit-learn"),
        "libraries": {name: version(name) for name in LIBRARIES} | libraries(),
        notes.KEY: flagged,
    }
    record |= {} if weights is None else {"mitigation": chosen.train.mitigation}
    write(RECORD, json.dumps(record, indent=2) + "\n")
    log.info("trained %s on %s rows: %s %.4f on them", chosen.train.family, f"{len(frame):,}", first, scores[first])


if __name__ == "__main__":
    run(main)
