"""Logs a training to MLflow, so that it can be found, compared and repeated."""

import warnings
from importlib.metadata import version

import mlflow
import pyarrow as pa
import pyarrow.parquet as pq
from mlflow.models import infer_signature
from sklearn.pipeline import Pipeline

from ..contract.columns import Contract
from ..contract.frame import feature_frame
from ..core import lineage, params
from ..core.paths import TRAIN
from ..models.libraries import libraries
from ..models.persistence import TRUSTED
from . import mlflow_client

EXAMPLE_ROWS = 5


def log_run(
    pipeline: Pipeline, model_hash: str, contract: Contract, scores: dict[str, float], trusted: list[str]
) -> str:
    """Logs a training: parameters, metrics, data set, model with signature and example, and where it came from.

    Returns:
        The id of the run.
    """
    chosen = params.load()
    needed = {"mlflow": version("mlflow"), **libraries()}
    head = pa.Table.from_batches([next(pq.ParquetFile(TRAIN).iter_batches(batch_size=1_000))])
    example = feature_frame(head, contract).head(EXAMPLE_ROWS)
    tags = {
        "model_hash": model_hash,
        "data_hash": lineage.data_hash(),
        "git_commit": lineage.commit(),
        "git_dirty": str(lineage.dirty()).lower(),
    }
    with mlflow_client.permitted("log runs"), warnings.catch_warnings(), mlflow.start_run(tags=tags) as run:
        # It warns of two equal readers of local files, and of integers, which the frame of features does not have.
        warnings.filterwarnings("ignore", category=UserWarning, module=r"mlflow\.")
        sections = chosen.model_dump(include={"ingest", "split", "train"})
        mlflow.log_params(mlflow_client.flat(sections))
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
            skops_trusted_types=[*TRUSTED, *trusted],
            signature=infer_signature(example, pipeline.predict(example)),
            input_example=example,
            pip_requirements=[f"{name}=={number}" for name, number in needed.items()],
        )
    return str(run.info.run_id)
