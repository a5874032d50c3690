"""Versions of the model in the MLflow registry: finds them by alias or content, and makes them."""

import tempfile
import warnings
from importlib import metadata
from pathlib import Path
from typing import Any

import mlflow
import pyarrow as pa
import pyarrow.parquet as pq
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.models import infer_signature
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
from sklearn.pipeline import Pipeline

from ..contract.columns import Contract
from ..contract.frame import feature_frame
from ..core.errors import Refusal
from ..core.paths import TRAIN
from ..models import persistence
from ..models.libraries import libraries

CHALLENGER, CHAMPION = "challenger", "champion"
EXAMPLE_ROWS = 5


def by_alias(client: MlflowClient, name: str, alias: str) -> ModelVersion | None:
    """Returns the version that has the alias, or None."""
    try:
        return client.get_model_version_by_alias(name, alias)
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise


def _beginning(client: MlflowClient, name: str, model_hash: str) -> list[ModelVersion]:
    known = client.search_model_versions(f"name = '{name}'")
    return [one for one in known if model_hash and one.tags.get("model_hash", "").startswith(model_hash)]


def by_hash(client: MlflowClient, name: str, model_hash: str) -> ModelVersion | None:
    """Returns the newest version of a model by its content hash, or the first digits of it, or None."""
    return max(_beginning(client, name, model_hash), key=lambda version: int(version.version), default=None)


def hashes(client: MlflowClient, name: str, first: str) -> set[str]:
    """Returns the content hashes of versions that begin with these digits."""
    return {str(version.tags["model_hash"]) for version in _beginning(client, name, first)}


def download(version: ModelVersion, folder: str) -> Path:
    """Downloads a version of the model into a folder and returns the skops file; `persistence.load` verifies it.

    Raises:
        Refusal: MLflow has the version, but no file of it.
    """
    mlflow.artifacts.download_artifacts(f"models:/{version.name}/{version.version}", dst_path=folder)
    stored = next(Path(folder).rglob("*.skops"), None)
    if stored is None:
        raise Refusal(f"{version.name} {version.version} has no model in MLflow.")
    return stored


def logged_model(client: MlflowClient, run_id: str) -> str | None:
    """Returns the id of the model that a run logged, or None where its files are gone.

    Versions are made of it: of one that names the run, MLflow's loaders find no file.
    """
    outputs = client.get_run(run_id).outputs
    if outputs is None or not outputs.model_outputs:
        return None
    model_id = str(outputs.model_outputs[-1].model_id)
    return model_id if mlflow.artifacts.list_artifacts(artifact_uri=f"models:/{model_id}") else None


def create(client: MlflowClient, name: str, run_id: str, number: int, tags: dict[str, Any]) -> ModelVersion:
    """Makes a version of the model that a run logged, with the number that the audit log has of it if that is free."""
    model_id = logged_model(client, run_id)
    while True:
        version = client.create_model_version(name, f"models:/{model_id}", run_id, tags=tags, model_id=model_id)
        if int(version.version) >= number:
            return client.get_model_version(name, version.version)
        # Numbers only grow, in a new registry from one: those of models that nobody needs here stay free.
        client.delete_model_version(name, version.version)


def _example(pipeline: Pipeline, contract: Contract) -> dict[str, Any]:
    """Returns signature and example of a model, where the training rows are here and have its columns."""
    if not TRAIN.exists():
        return {}
    head = pa.Table.from_batches([next(pq.ParquetFile(TRAIN).iter_batches(batch_size=1_000))])
    if not set(pipeline.feature_names_in_) <= set(head.column_names):
        return {}
    frame = feature_frame(head, contract)[list(pipeline.feature_names_in_)].head(EXAMPLE_ROWS)
    return {"input_example": frame, "signature": infer_signature(frame, pipeline.predict(frame))}


def _form(path: Path, model_hash: str, contract: Contract, trusted: list[str]) -> dict[str, Any]:
    """Returns a model from its file as the arguments with which MLflow keeps it.

    Raises:
        Refusal: The file is not the model of that hash.
    """
    pipeline = persistence.load(path, model_hash, trusted)
    needed = {"mlflow": metadata.version("mlflow"), **libraries(path)}
    return {
        "sk_model": pipeline,
        "serialization_format": "skops",
        "skops_trusted_types": [*persistence.TRUSTED, *trusted],
        "pip_requirements": [f"{package}=={number}" for package, number in needed.items()],
        **_example(pipeline, contract),
    }


def log_again(path: Path, tags: dict[str, str], contract: Contract, trusted: list[str]) -> str:
    """Logs a model that this store does not have, from its file, and returns the id of the run.

    Raises:
        Refusal: The file is not the model that the tags name.
    """
    form, named = _form(path, tags["model_hash"], contract, trusted), f"restored {tags['model_hash'][:8]}"
    with warnings.catch_warnings(), mlflow.start_run(run_name=named, tags=tags | {"restored": "true"}) as run:
        warnings.filterwarnings("ignore", category=UserWarning, module=r"mlflow\.")
        mlflow.sklearn.log_model(name="model", **form)
    return str(run.info.run_id)


def fill(client: MlflowClient, version: ModelVersion, path: Path, contract: Contract, trusted: list[str]) -> bool:
    """Puts the files of a version back where they were, and returns whether it has such a place: up to 0.5.0 none has.

    Raises:
        Refusal: The file is not the model of the version.
    """
    scheme, _, model_id = str(version.source).partition(":/")
    if scheme != "models" or not model_id.startswith("m-"):
        return False
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning, module=r"mlflow\.")
        mlflow.sklearn.save_model(path=f"{folder}/model", **_form(path, version.tags["model_hash"], contract, trusted))
        # Not `client.log_model_artifacts`, which remembers where a model was when the process began.
        place = get_artifact_repository(client.get_logged_model(model_id).artifact_location)
        place.log_artifacts(f"{folder}/model")  # type: ignore[no-untyped-call]
    return True
