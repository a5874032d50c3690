"""The MLflow store: a local SQLite store by default, the server that `MLFLOW_TRACKING_URI` names otherwise."""

import os
from pathlib import Path

import mlflow
from mlflow.exceptions import MlflowException

from . import params
from .relocate import relocate
from .stage import Refusal

LOCAL = "sqlite:///mlflow.db"


def connect() -> mlflow.MlflowClient:
    """Sets the store and the experiment, and returns a client.

    Raises:
        Refusal: The server does not answer, or answers with an error.
    """
    uri = os.environ.get("MLFLOW_TRACKING_URI") or LOCAL
    if uri == LOCAL:
        relocate(Path(LOCAL.rpartition("/")[2]), Path.cwd())
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


def log_evaluation(
    client: mlflow.MlflowClient, run_id: str, numbers: dict[str, float], tags: dict[str, str], folder: Path
) -> None:
    """Adds the measures on held-out rows, their plots and the verdict of the gates to a run."""
    for name, value in numbers.items():
        client.log_metric(run_id, name, value)
    for name, text in tags.items():
        client.set_tag(run_id, name, text)
    client.log_artifacts(run_id, str(folder), "plots")
