"""Stage `evaluate`: measures the model on held-out rows and lets it pass the gates, or refuses it.

Writes the numbers to `metrics.json`, all else to `reports/evaluation.json`, the plots to `reports/plots/`, and adds
them to the MLflow run; only then a closed gate stops the pipeline, so that what was refused can be looked at.
"""

import importlib
import json
import logging
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sklearn.pipeline import Pipeline

from . import champion, fairness, foreign, gates, measure, params, persistence, plots, project, slices, tracking
from .contract import Contract
from .gates import Gate
from .metric_set import MetricSet
from .paths import EVALUATION, METRICS, MODEL, PLOTS, RECORD
from .prediction import apply_threshold
from .stage import run, write

log = logging.getLogger(__name__)


def measured(
    held: measure.HeldOut,
    contract_: Contract,
    metrics: MetricSet,
    evaluate: params.Evaluate,
    rival: champion.Champion | None,
) -> dict[str, Any]:
    """Measures all that the gates, the report and the model card speak of."""
    scored = held.scored(evaluate.threshold)
    groups = slices.of_frame(held.frame, contract_) | fairness.partitions(held.table, contract_)
    found = {
        "problem": contract_.problem,
        "rows": len(held.truth),
        "metrics": measure.with_intervals(held, metrics, evaluate, metrics.score(scored)),
        "baseline": measure.dummy(held, contract_, metrics, evaluate.threshold),
        "fairness": measure.unfairness(held, contract_, evaluate),
        "slices": slices.measure(groups, scored, metrics, evaluate.fairness.min_group),
    }
    if rival and rival.pipeline:
        found["champion"] = measure.difference(held, rival.pipeline, contract_, metrics, evaluate)
    return found


def judge(
    found: dict[str, Any], metrics: MetricSet, evaluate: params.Evaluate, rival: champion.Champion | None
) -> list[Gate]:
    """Puts the measures before all gates."""
    scores = {name: row["value"] for name, row in found["metrics"].items()}
    verdict = [gates.baseline(metrics, scores, found["baseline"], evaluate.margin)]
    verdict += gates.minimum(metrics, scores, evaluate.minimum)
    verdict += gates.fair(found["fairness"], evaluate.fairness, found["problem"])
    if rival and rival.pipeline:
        verdict.append(gates.champion(rival.version, found["champion"], metrics, evaluate.champion.tolerance))
    elif rival:
        verdict.append(gates.not_compared(rival.reason, require=evaluate.champion.require))
    return verdict + project.gates(found)


def serving(pipeline: Pipeline, path: Path, model_hash: str, held: measure.HeldOut) -> list[Gate]:
    """Returns the gate of the service, where the project has one."""
    if find_spec(f"{__package__}.serve") is None:
        return []
    candidate = importlib.import_module(f"{__package__}.serve.candidate")
    return [candidate.gate(pipeline, path, model_hash, held, project.contract())]


def report(
    held: measure.HeldOut, model_hash: str, against: champion.Champion | None, served: list[Gate]
) -> dict[str, Any]:
    """Returns what `reports/evaluation.json` says of a model: measures and the verdict of each gate."""
    evaluate, contract_ = params.load().evaluate, project.contract()
    metrics = project.metric_set(contract_.problem)
    against = champion.comparable(against, held.frame, contract_) if against else None
    found = measured(held, contract_, metrics, evaluate, against)
    verdict = judge(found, metrics, evaluate, against) + served
    return dict(_rounded({**found, "model_hash": model_hash, "gates": gates.as_rows(verdict)}))


def numbers(found: dict[str, Any]) -> dict[str, Any]:
    """Returns the few numbers that are worth a line in `dvc metrics diff`."""
    gaps = {
        f"{name}_{by}".replace(" x ", "_x_"): row[name]["gap"]
        for by, row in found["fairness"].items()
        for name in gates.LIMITS
        if name in row
    }
    first = project.metric_set(found["problem"]).primary
    scores = {name: row["value"] for name, row in found["metrics"].items()}
    return {**scores, f"baseline_{first}": found["baseline"][first], "fairness": gaps}


def draw(held: measure.HeldOut, pipeline: Pipeline, contract_: Contract, evaluate: params.Evaluate) -> None:
    """Writes the plots."""
    values = contract_.problem == "regression"
    decided = held.predicted if values else apply_threshold(held.predicted, evaluate.threshold)
    tables = plots.tables(contract_, held.truth, held.predicted, decided)
    scorer = project.metric_set(contract_.problem).scorer(contract_, held.table)
    tables["importance"] = plots.importance(pipeline, held.frame, held.labels, scorer, evaluate.bootstrap.seed)
    plots.write(tables)


def _write(path: Path, tree: dict[str, Any]) -> None:
    write(path, foreign.as_json(tree, indent=2) + "\n")


def _rounded(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _rounded(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_rounded(value) for value in tree]
    return round(tree, 6) if isinstance(tree, float) else tree


def main() -> None:
    """Runs the stage."""
    evaluate, contract_ = params.load().evaluate, project.contract()
    model_hash = json.loads(RECORD.read_text(encoding="utf-8"))["sha256"]
    trusted = project.trusted()
    pipeline = persistence.load(MODEL, model_hash, trusted)
    client = tracking.connect()
    rival = champion.find(client, model_hash, contract_, trusted)
    held = measure.hold(pipeline, contract_)
    found = report(held, model_hash, rival, serving(pipeline, MODEL, model_hash, held))
    verdict = [Gate(**row) for row in found["gates"]]
    _write(METRICS, numbers(found))
    _write(EVALUATION, found)
    draw(held, pipeline, contract_, evaluate)
    passed = all(gate.passed for gate in verdict)
    tracking.log_evaluation(client, model_hash, numbers(found), passed=passed, plots=PLOTS)
    gates.enforce(verdict)
    first = project.metric_set(contract_.problem).primary
    value = found["metrics"][first]["value"]
    log.info("%s on %s held-out rows: %.4f; all %d gates passed", first, f"{found['rows']:,}", value, len(verdict))


if __name__ == "__main__":
    run(main)
