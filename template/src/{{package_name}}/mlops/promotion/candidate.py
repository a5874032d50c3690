"""The model of the last run as a candidate: judged again, and described as its entry in the audit log describes it."""

import json
from typing import Any

from mlflow import MlflowClient

from ... import project
from ..core import lineage, params
from ..core.paths import EVALUATION, MODEL, REGISTRATION, TEST
from ..evaluation import champion, reevaluation
from ..tracking import mlflow_client


def judge(client: MlflowClient) -> dict[str, Any]:
    """Evaluates the model of the last run again, compares it with the champion, and returns its record.

    Raises:
        GateRefused: A gate is closed, or the results are not those of this model.
    """
    record, criteria = reevaluation.recorded(), project.criteria()
    against = champion.find(client, record["sha256"], criteria.contract, criteria.trusted, criteria.metrics)
    reevaluation.judge(record, criteria, against)
    return record


def registration() -> dict[str, Any]:
    """Returns what the stage `register` wrote."""
    said: dict[str, Any] = json.loads(REGISTRATION.read_text(encoding="utf-8"))
    return said


def described(client: MlflowClient, record: dict[str, Any]) -> dict[str, str]:
    """Returns what an entry of the audit log says of the model of the last run.

    Among it the metric, and how many models were judged on these held-out rows: of many, the best is so by chance too.
    """
    evaluation = json.loads(EVALUATION.read_text(encoding="utf-8"))
    chosen, contract = params.load(), project.contract()
    metric = project.metric_set(contract.problem).primary
    held_out = lineage.md5(TEST)
    return {
        "model": chosen.register_.model_name,
        "model_hash": record["sha256"],
        "model_file": lineage.md5(MODEL),
        "data_hash": record["data_hash"],
        "held_out": held_out,
        "training_rows": str(record["rows"]),
        "target": contract.target.name,
        "threshold": str(chosen.evaluate.threshold),
        "metric": metric,
        "value": f"{evaluation['metrics'][metric]['value']:.6f}",
        "judged": str(max(1, mlflow_client.judged(client, held_out))),
        "git_dirty": str(lineage.dirty()).lower(),
    }
