"""Logs a training to MLflow, so that it can be found, compared and repeated."""

import warnings
from collections.abc import Sequence
from importlib.metadata import version

import mlflow
import pyarrow as pa
import pyarrow.parquet as pq
from mlflow.models import infer_signature
from mlflow.utils.mlflow_tags import MLFLOW_GIT_COMMIT, MLFLOW_SOURCE_NAME
from sklearn.pipeline import Pipeline

from ..contract.columns import Contract
from ..contract.frame import feature_frame
from ..core import lineage, params
from ..core.paths import TRAIN
from ..models import hyperparameters
from ..models.fitting import Trial
from ..models.libraries import libraries
from ..models.persistence import TRUSTED
from . import mlflow_client

EXAMPLE_ROWS, TRIALS = 5, 50  # of many trials, the best ones


def name_of(family: str, model_hash: str) -> str:
    """Returns what a run is called: the experiment or the family, and the beginning of the model's hash."""
    return f"{lineage.experiment().get('experiment', family)} {model_hash[:8]}"


def _log_trials(trials: Sequence[Trial]) -> None:
    """Logs what a search tried as runs below the one that goes on."""
    for number, trial in enumerate(trials[:TRIALS], 1):
        with mlflow.start_run(run_name=f"trial {number} of {len(trials)}", nested=True):
            mlflow.log_params({f"hyperparameters.{name}": value for name, value in trial.hyperparameters.items()})
            folds = {f"search_score_fold_{fold}": score for fold, score in enumerate(trial.folds, 1)}
            mlflow.log_metrics({"search_score": trial.score, **folds})


def log_run(
    pipeline: Pipeline,
    model_hash: str,
    contract: Contract,
    scores: dict[str, float],
    trusted: list[str],
    trials: Sequence[Trial] = (),
) -> str:
    """Logs a training: parameters, metrics, data set, model with signature and example, and where it came from.

    Args:
        pipeline: Fitted.
        model_hash: Its content hash.
        contract: The columns.
        scores: On training rows.
        trusted: As of `persistence.load`.
        trials: What a search tried, the best first: each is logged as a run below this one.

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
        MLFLOW_GIT_COMMIT: lineage.commit(),
        MLFLOW_SOURCE_NAME: f"{__name__.partition('.')[0]}.stages.train",
        **lineage.experiment(),
    }
    name = name_of(chosen.train.family, model_hash)
    with (
        mlflow_client.permitted("log runs"),
        warnings.catch_warnings(),
        mlflow.start_run(run_name=name, tags=tags) as run,
    ):
        # It warns of two equal readers of local files, and of integers, which the frame of features does not have.
        warnings.filterwarnings("ignore", category=UserWarning, module=r"mlflow\.")
        sections = chosen.model_dump(include={"ingest", "split", "train"})
        del sections["train"]["families"]  # what they say of this one is among the effective ones
        mlflow.log_params(mlflow_client.flat(sections))
        effective = hyperparameters.effective(pipeline)
        mlflow.log_params({f"hyperparameters.{parameter}": value for parameter, value in effective.items()})
        mlflow.log_metrics(scores)
        mlflow.log_artifact(str(params.PATH))
        _log_trials(trials)
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
