"""Logs runs to MLflow: a local SQLite store by default, the server that `MLFLOW_TRACKING_URI` names otherwise."""

import os
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mlflow
import pyarrow as pa
import pyarrow.parquet as pq
from mlflow.exceptions import MlflowException
from mlflow.models import infer_signature
from sklearn.pipeline import Pipeline

from . import features, lineage, params
from .contract import Contract
from .model import TRUSTED
from .paths import TRAIN
from .stage import Refusal

LOCAL = "sqlite:///mlflow.db"
REQUIREMENTS = ("mlflow", "numpy", "pandas", "scikit-learn", "skops")
EXAMPLE_ROWS = 5


def connect() -> mlflow.MlflowClient:
    """Sets the store and the experiment, and returns a client.

    Raises:
        Refusal: The server does not answer, or answers with an error.
    """
    uri = os.environ.get("MLFLOW_TRACKING_URI") or LOCAL
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    mlflow.set_tracking_uri(uri)
    try:
        mlflow.set_experiment(params.load().register_.model_name)
    except MlflowException as error:
        raise Refusal(
            f"MLflow at {uri} can't be used: {' '.join(str(error).split())[:200]}; see MLFLOW_TRACKING_URI."
        ) from None
    return mlflow.MlflowClient()


def find_run(client: mlflow.MlflowClient, model_hash: str) -> str | None:
    """Returns the id of the latest finished run that made the model, or None."""
    experiment = client.get_experiment_by_name(params.load().register_.model_name)
    if experiment is None:
        return None
    wanted = f"tags.model_hash = '{model_hash}' and attributes.status = 'FINISHED'"
    runs = client.search_runs(
        [experiment.experiment_id], wanted, order_by=["attributes.start_time DESC"], max_results=1
    )
    return runs[0].info.run_id if runs else None


def _flat(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) and value else {f"{prefix}{key}": value}
    return flat


def log_run(pipeline: Pipeline, model_hash: str, contract: Contract, scores: dict[str, float]) -> str:
    """Logs a training: parameters, metrics, data set, model with signature and example, and where it came from.

    Returns:
        The id of the run.
    """
    chosen = params.load()
    head = pa.Table.from_batches([next(pq.ParquetFile(TRAIN).iter_batches(batch_size=1_000))])
    example = features.frame(head, contract).head(EXAMPLE_ROWS)
    tags = {
        "model_hash": model_hash,
        "data_hash": lineage.data_hash(),
        "git_commit": lineage.commit(),
        "git_dirty": str(lineage.dirty()).lower(),
    }
    with mlflow.start_run(tags=tags) as run:
        sections = chosen.model_dump(include={"ingest", "split", "train"})
        mlflow.log_params(_flat(sections))
        mlflow.log_metrics(scores)
        described = mlflow.data.from_pandas(  # type: ignore[attr-defined]
            head.to_pandas(),
            source=str(TRAIN),
            targets=contract.target.name,
            name="train",
            digest=tags["data_hash"][:8],
        )
        mlflow.log_input(described, context="training")
        mlflow.sklearn.log_model(
            pipeline,
            name="model",
            serialization_format="skops",
            skops_trusted_types=TRUSTED,
            signature=infer_signature(example, pipeline.predict(example)),
            input_example=example,
            pip_requirements=[f"{name}=={version(name)}" for name in REQUIREMENTS],
        )
    return str(run.info.run_id)


def log_evaluation(
    client: mlflow.MlflowClient, run_id: str, numbers: dict[str, float], tags: dict[str, str], folder: Path
) -> None:
    """Adds the measures on held-out rows, their plots and the verdict of the gates to a run."""
    for name, value in numbers.items():
        client.log_metric(run_id, name, value)
    for name, text in tags.items():
        client.set_tag(run_id, name, text)
    client.log_artifacts(run_id, str(folder), "plots")
