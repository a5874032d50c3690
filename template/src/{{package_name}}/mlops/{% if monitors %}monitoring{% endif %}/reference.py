"""What traffic is compared with: the held-out rows, and what the model that answers says of them.

Held-out rows, not training rows: on those the model was shown to be good enough, they are the newest, and on rows that
it learned from a model is surer than it can be on new ones, so that its predictions would always seem to have drifted.
"""

import json
import tempfile
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.pipeline import Pipeline

from ... import project
from ..contract.columns import Contract
from ..contract.frame import feature_frame, target_labels
from ..contract.log_schema import ADDED
from ..core import params
from ..core.errors import Refusal, UsageError
from ..core.paths import AUDIT, MODEL, RECORD, TEST
from ..data.storage import BATCH_ROWS
from ..evaluation.metric_set import Scored
from ..governance import audit_log
from ..models import persistence, prediction
from ..models.prediction import encode_labels
from .sampling import Reservoir


@dataclass(frozen=True)
class Reference:
    """Held-out rows, drawn where there are many: features, predictions, how good these are, rows before drawing."""

    pipeline: Pipeline
    frame: pd.DataFrame
    predicted: np.ndarray
    scores: dict[str, float]
    rows: int


def _registered(version: str) -> Pipeline:
    """Loads a version of the audit log: from the registry, or from DVC's cache or remote."""
    from ..tracking import mlflow_client, projection

    name, chain = params.load().register_.model_name, audit_log.entries()
    same = [one for one in chain if one["model"] == name and one["version"] == version and one.get("model_hash")]
    if not same:
        raise Refusal(
            f"the predictions are of {name} version {version}, which {AUDIT} does not have: "
            "pull the commit that has it, or leave them out with --since."
        )
    with tempfile.TemporaryDirectory() as folder:
        path = projection.model_file(mlflow_client.connect(), projection.facts(chain, same[-1]), folder)
        return persistence.load(path, same[-1]["model_hash"], project.trusted())


def _pipeline(version: str | None) -> Pipeline:
    """Loads the version that answered: the model of the last run if it is that, else the one of the audit log."""
    if not (RECORD.exists() and MODEL.exists() and TEST.exists()):
        raise UsageError(f"there is no model to compare with, {MODEL} or {TEST} is absent: `make run` trains one.")
    trained = json.loads(RECORD.read_text(encoding="utf-8"))["sha256"]
    if version is None:
        return persistence.load(MODEL, trained, project.trusted())
    return _registered(version)


def predict(pipeline: Pipeline, frame: pd.DataFrame, contract: Contract) -> np.ndarray:
    """Predicts as `prediction.predict`, with the columns that the model was trained on.

    Raises:
        Refusal: The contract no longer has one of them.
    """
    lost = sorted(set(pipeline.feature_names_in_) - set(frame.columns))
    if lost:
        raise Refusal(f"the model needs {', '.join(lost)}, which the contract no longer has as features: `make run`.")
    return prediction.predict(pipeline, frame[list(pipeline.feature_names_in_)], contract)


def load(contract: Contract, version: str | None, max_rows: int, seed: int) -> Reference:
    """Loads the model and the held-out rows, and lets it predict them.

    Args:
        contract: The columns.
        version: Of the model; None for the model of the last run.
        max_rows: So many rows are drawn.
        seed: For the drawing.

    Raises:
        Refusal: There is no model, or it is not the one that was recorded.
    """
    pipeline, draw = _pipeline(version), Reservoir(max_rows, seed)
    for batch in pq.ParquetFile(TEST).iter_batches(BATCH_ROWS):
        draw.add(pa.Table.from_batches([batch]))
    table = draw.rows()
    frame, truth = feature_frame(table, contract), target_labels(table, contract)
    predicted = predict(pipeline, frame, contract)
    truth = encode_labels(truth, contract.classes) if contract.classes else truth
    scored = Scored(truth, predicted, table, params.load().evaluate.threshold)
    scores = project.metric_set(contract.problem).score(scored)
    return Reference(pipeline, frame, predicted, scores, draw.seen)


def logged(table: pa.Table, contract: Contract, pipeline: Pipeline) -> np.ndarray:
    """Returns the predictions of the log in the form of `prediction.predict`; without any, the model predicts."""
    if not {"_value", "_probabilities"} & set(table.column_names):
        return predict(pipeline, feature_frame(table, contract), contract)
    if contract.problem == "multiclass":
        flat = table["_probabilities"].combine_chunks().flatten().to_numpy()
        return flat.reshape(len(table), len(contract.classes))
    value: np.ndarray = table["_value"].to_numpy().astype(ADDED["_value"].to_pandas_dtype())
    return value if contract.problem == "regression" else np.column_stack([1 - value, value])
