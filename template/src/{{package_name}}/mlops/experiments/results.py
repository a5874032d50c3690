"""What experiments came to: those that DVC keeps, and those that failed a gate, which only MLflow has."""

import json
import logging
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow

from ..core import lineage, params
from ..core.paths import EVALUATION
from ..tracking import mlflow_client
from . import params_file, working_tree

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Result:
    """An experiment that was evaluated.

    Attributes:
        name: Of the experiment.
        report: What `reports/evaluation.json` says of its model.
        params: What its `params.yaml` says, keys joined by dots.
        began: Seconds since 1970, of its end or of its run in MLflow.
        kept: Whether DVC has it, so that it can be applied.
    """

    name: str
    report: dict[str, Any]
    params: dict[str, Any]
    began: float
    kept: bool

    @property
    def closed(self) -> list[str]:
        """The gates that refused it."""
        return [gate["name"] for gate in self.report["gates"] if not gate["passed"]]


def names(*, every: bool = False) -> dict[str, str]:
    """Returns the commits of DVC's experiments by name: those from the checked-out commit, or every one."""
    from dvc.repo import Repo

    with Repo() as repo:
        found = repo.experiments.ls(all_commits=every)
    return {name: str(revision) for experiments in found.values() for name, revision in experiments}


def _kept(name: str, revision: str) -> Result | None:
    import dvc.api
    from dvc.exceptions import DvcException

    try:
        report = json.loads(dvc.api.read(EVALUATION.as_posix(), rev=revision, mode="rb"))
    except (DvcException, OSError) as error:
        log.warning("experiment %s has no results here (%s): run it again, or `uv run dvc pull`", name, error)
        return None
    return Result(
        name,
        report,
        params_file.values(lineage.content(revision, params.PATH)),
        working_tree.time_of(revision),
        kept=True,
    )


def _refused(run: mlflow.entities.Run) -> Result | None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            paths = [
                Path(mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path=name, dst_path=folder))
                for name in (EVALUATION.name, params.PATH.name)
            ]
        except (mlflow.MlflowException, OSError) as error:
            log.warning("run %s of MLflow lacks its report: %s", run.info.run_name, error)
            return None
        report, chosen = (
            json.loads(paths[0].read_text(encoding="utf-8")),
            params_file.values(paths[1].read_text(encoding="utf-8")),
        )
    return Result(run.data.tags["experiment"], report, chosen, run.info.start_time / 1000, kept=False)


def refused(*, every: bool = False) -> dict[str, Result]:
    """Returns the newest of the experiments of each name that MLflow has as refused by a gate."""
    client = mlflow_client.connect()
    experiment = client.get_experiment_by_name(params.load().register_.model_name)
    if experiment is None:
        return {}
    wanted = "tags.gates = 'failed' and tags.experiment != ''"
    wanted += "" if every else f" and tags.experiment_of = '{lineage.commit()}'"
    runs = client.search_runs([experiment.experiment_id], wanted, order_by=["attributes.start_time ASC"])
    return {result.name: result for run in runs if (result := _refused(run))}


def collect(*, every: bool = False) -> list[Result]:
    """Returns the experiments that were evaluated, those from the checked-out commit or every one."""
    kept = [result for name, revision in names(every=every).items() if (result := _kept(name, revision))]
    here = {result.name for result in kept}
    return kept + [result for name, result in refused(every=every).items() if name not in here]


def workspace() -> Result | None:
    """Returns what the last evaluation in this folder came to."""
    if not EVALUATION.exists():
        return None
    report = json.loads(EVALUATION.read_text(encoding="utf-8"))
    return Result(
        "workspace", report, params_file.values(params.PATH.read_bytes()), EVALUATION.stat().st_mtime, kept=False
    )
