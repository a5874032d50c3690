"""Stage `evaluate`: measures the model on held-out rows and lets it pass the gates, or refuses it.

Writes the numbers to `metrics.json`, all else to `reports/evaluation.json`, the plots to `reports/plots/`, and adds
them to the MLflow run; only then a closed gate stops the pipeline, so that what was refused can be looked at.
"""

import json
import logging
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from sklearn.pipeline import Pipeline

from .. import project
from ..mlops.contract import notes
from ..mlops.contract.columns import Contract
from ..mlops.contract.frame import feature_frame, target_labels
from ..mlops.core import lineage, params, untrusted_text
from ..mlops.core.atomic import write
from ..mlops.core.paths import EVALUATION, METRICS, MODEL, PLOTS, RECORD, TEST, TRAIN
from ..mlops.core.runner import run
from ..mlops.evaluation import champion, enforcement, held_out, plots
from ..mlops.evaluation.gates import Gate
from ..mlops.evaluation.report import numbers, report, serving, unmitigated
from ..mlops.models import importance, persistence, reweighing
from ..mlops.models.prediction import apply_threshold
from ..mlops.tracking import mlflow_client

log = logging.getLogger(__name__)


def draw(held: held_out.HeldOut, pipeline: Pipeline, contract_: Contract, evaluate: params.Evaluate) -> list[str]:
    """Writes the plots; returns what they flag."""
    values = contract_.problem == "regression"
    decided = held.predicted if values else apply_threshold(held.predicted, evaluate.threshold)
    tables = plots.tables(contract_, held.truth, held.predicted, decided)
    scorer = project.metric_set(contract_.problem).scorer(contract_, held.table)
    tables["importance"] = importance.importance(pipeline, held.frame, held.labels, scorer, evaluate.bootstrap.seed)
    plots.write(tables)
    return importance.flagged(tables["importance"])


def _write(path: Path, tree: dict[str, Any]) -> None:
    write(path, untrusted_text.as_json(tree, indent=2) + "\n")


def main() -> None:
    """Runs the stage."""
    evaluate, contract_, criteria = params.load().evaluate, project.contract(), project.criteria()
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    model_hash = record["sha256"]
    pipeline = persistence.load(MODEL, model_hash, criteria.trusted)
    client = mlflow_client.connect()
    against = champion.find(client, model_hash, contract_, criteria.trusted, criteria.metrics)
    held = held_out.load_test_set(pipeline, contract_)
    found = report(held, criteria, model_hash, against, serving(pipeline, MODEL, model_hash, held, contract_))
    verdict = [Gate(**row) for row in found["gates"]]
    numbered = numbers(found, criteria.metrics)
    if record.get("mitigation"):
        table = pq.read_table(TRAIN)
        rows, labels = feature_frame(table, contract_), target_labels(table, contract_)
        plain = reweighing.without(pipeline, rows, labels, record["family"])
        found["unmitigated"] = unmitigated(held, plain, criteria, evaluate)
    found[notes.KEY] = notes.flagged([*found[notes.KEY], *draw(held, pipeline, contract_, evaluate)])
    _write(METRICS, numbered)
    _write(EVALUATION, found)
    passed = all(gate.passed for gate in verdict)
    held_out_hash = lineage.md5(TEST)
    mlflow_client.log_evaluation(client, model_hash, numbered, held_out_hash, passed=passed, plots=PLOTS)
    if params.load().tracking == "mlflow+wandb":
        from ..mlops.tracking.mirrors import wandb_runs

        wandb_runs.log_evaluation(numbered, passed=passed, plots=PLOTS)
    enforcement.enforce(verdict)
    first = criteria.metrics.primary
    value = found["metrics"][first]["value"]
    log.info("%s on %s held-out rows: %.4f; all %d gates passed", first, f"{found['rows']:,}", value, len(verdict))
    judged = mlflow_client.judged(client, held_out_hash)
    if judged > 1:
        log.info("%d models were judged on these held-out rows: the best of many is so by chance too", judged)


if __name__ == "__main__":
    run(main)
