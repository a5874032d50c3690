"""The MLflow store: a local SQLite store by default, the server that `MLFLOW_TRACKING_URI` names otherwise."""

import os
import re
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any

import mlflow
from mlflow.exceptions import MlflowException

from ..core import lineage, params
from ..core.errors import Refusal
from ..core.paths import EVALUATION, workspace
from ..core.untrusted_text import address, reason
from .local_store import relocate

DATABASE = "mlflow.db"
LOCAL = f"sqlite:///{DATABASE}"
HELD_OUT = "held_out"  # tag of a run: the MD5 of the rows that its model was judged on
MOST_RUNS = 10_000


def is_local() -> bool:
    """Whether the store is the local one, not a server's."""
    return store_uri() == _local_uri()


def store_uri() -> str:
    """Returns where the store is; the local one is the project's, also in a copy where DVC runs an experiment."""
    uri = os.environ.get("MLFLOW_TRACKING_URI") or LOCAL
    return _local_uri() if uri == LOCAL else uri


def _local_uri() -> str:
    return f"sqlite:///{(workspace() / DATABASE).as_posix()}"


def connect() -> mlflow.MlflowClient:
    """Sets the store and the experiment, and returns a client.

    Raises:
        Refusal: The server does not answer, or answers with an error.
    """
    uri, name = store_uri(), params.load().register_.model_name
    if is_local():
        relocate(workspace() / DATABASE, workspace())
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    mlflow.set_tracking_uri(uri)
    try:
        with chdir(workspace()):  # a new store has its artifacts there
            mlflow.set_experiment(name)
    except MlflowException as error:
        raise Refusal(
            f"MLflow at {address(uri)} can't be used: {reason(error, uri)}; see MLFLOW_TRACKING_URI."
        ) from None
    return mlflow.MlflowClient()


@contextmanager
def permitted(what: str) -> Iterator[None]:
    """Makes a sentence of the server's answer that this user has no right to do something.

    Raises:
        Refusal: The user has no right to it.
    """
    try:
        yield
    except MlflowException as error:
        if error.error_code != "PERMISSION_DENIED":
            raise
        raise Refusal(
            f"MLflow at {address(mlflow.get_tracking_uri())} does not let you {what}: "
            "docs/governance.md says which role may."
        ) from None


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
    client: mlflow.MlflowClient, model_hash: str, numbers: dict[str, Any], held_out: str, *, passed: bool, plots: Path
) -> None:
    """Adds measures, report, plots and verdict to the run that made the model, if this store knows it."""
    run_id = find_run(client, model_hash)
    if run_id is None:
        return
    for name, value in flat(numbers).items():
        client.log_metric(run_id, re.sub(r"[^\w. :/-]", "_", name), value)
    client.set_tag(run_id, "gates", "passed" if passed else "failed")
    client.set_tag(run_id, HELD_OUT, held_out)
    for fact, text in lineage.experiment().items():
        client.set_tag(run_id, fact, text)
    client.log_artifact(run_id, str(EVALUATION))
    client.log_artifacts(run_id, str(plots), "plots")


def judged(client: mlflow.MlflowClient, held_out: str) -> int:
    """Returns how many different models this store knows to be judged on held-out rows, by the MD5 of the rows."""
    experiment = client.get_experiment_by_name(params.load().register_.model_name)
    if experiment is None:
        return 0
    runs = client.search_runs([experiment.experiment_id], f"tags.{HELD_OUT} = '{held_out}'", max_results=MOST_RUNS)
    return len({run.data.tags.get("model_hash") for run in runs})


def flat(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Flattens nested keys to dotted ones; what is empty is not there."""
    found: dict[str, Any] = {}
    for key, value in tree.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found
