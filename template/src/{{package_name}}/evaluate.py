"""Stage `evaluate`: measures the model on held-out rows and lets it pass the gates, or refuses it.

Writes the numbers to `metrics.json`, all else to `reports/evaluation.json`, the plots to `reports/plots/`, and adds
them to the MLflow run; only then a closed gate stops the pipeline, so that what was refused can be looked at.
"""

import json
import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.pipeline import Pipeline

from . import champion, contract, fairness, features, gates, metrics, model, params, plots, slices, tracking
from .contract import Contract
from .gates import Gate
from .paths import EVALUATION, METRICS, MODEL, PLOTS, RECORD, TEST, TRAIN
from .stage import run, write

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class HeldOut:
    """The held-out rows: features, labels as in the data, truth as class numbers or values, predictions."""

    table: pa.Table
    frame: pd.DataFrame
    labels: np.ndarray
    truth: np.ndarray
    predicted: np.ndarray


def hold(pipeline: Pipeline, contract_: Contract) -> HeldOut:
    """Reads the held-out rows and predicts them."""
    table = pq.read_table(TEST)
    frame, labels = features.frame(table, contract_), features.labels(table, contract_)
    truth = metrics.codes(labels, contract_.classes) if contract_.classes else labels
    return HeldOut(table, frame, labels, truth, metrics.predict(pipeline, frame, contract_))


def dummy(held: HeldOut, contract_: Contract) -> dict[str, float]:
    """Scores the guess that needs no features: the shares of the classes, or the mean, in the training rows."""
    labels = features.labels(pq.read_table(TRAIN, columns=[contract_.target.name]), contract_)
    guess = DummyRegressor() if contract_.problem == "regression" else DummyClassifier(strategy="prior")
    guess.fit(np.zeros((len(labels), 1)), labels)
    return metrics.score(
        contract_.problem, held.truth, metrics.predict(guess, np.zeros((len(held.truth), 1)), contract_)
    )


def unfairness(held: HeldOut, contract_: Contract, evaluate: params.Evaluate) -> dict[str, Any]:
    """Measures the gaps between groups; of several classes, each against the rest, the widest counts."""
    small, boot = evaluate.fairness.min_group, evaluate.bootstrap
    found = {}
    for by, groups in fairness.partitions(held.table, contract_).items():
        if contract_.problem == "regression":
            errors = np.abs(held.truth - held.predicted)
            found[by] = fairness.regression(groups, errors, small, boot.repeats, boot.seed)
            continue
        decided = metrics.decide(held.predicted, evaluate.threshold)
        numbers = [1] if contract_.problem == "binary" else range(len(contract_.classes))
        each = [
            fairness.classification(groups, held.truth == n, decided == n, small, boot.repeats, boot.seed)
            for n in numbers
        ]
        found[by] = max(each, key=lambda gaps: gaps.get("equalized_odds", {"gap": 0.0})["gap"])
    return found


def difference(held: HeldOut, rival: Pipeline, contract_: Contract, boot: params.Bootstrap) -> dict[str, float]:
    """Compares the first metric with the champion's on the same rows, by a paired bootstrap."""
    other = metrics.predict(rival, held.frame[list(rival.feature_names_in_)], contract_)
    first = metrics.FIRST[contract_.problem]

    def gain(rows: Any) -> dict[str, float]:
        ours, theirs = (
            metrics.score(contract_.problem, held.truth[rows], p[rows])[first] for p in (held.predicted, other)
        )
        return {first: ours - theirs}

    low, high = metrics.intervals(gain, len(held.truth), boot.repeats, boot.max_rows, boot.seed)[first]
    return {"mean": gain(slice(None))[first], "low": low, "high": high}


def rows_of(held: HeldOut, contract_: Contract, evaluate: params.Evaluate, scores: dict[str, float]) -> dict[str, Any]:
    """Returns each metric with its value and 95 % interval."""
    boot = evaluate.bootstrap
    bounds = metrics.intervals(
        lambda rows: metrics.score(contract_.problem, held.truth[rows], held.predicted[rows], evaluate.threshold),
        len(held.truth),
        boot.repeats,
        boot.max_rows,
        boot.seed,
    )
    return {name: {"value": value, "low": bounds[name][0], "high": bounds[name][1]} for name, value in scores.items()}


def judge(
    measured: dict[str, Any], contract_: Contract, evaluate: params.Evaluate, rival: champion.Champion | None
) -> list[Gate]:
    """Puts the measures before all gates."""
    first = metrics.FIRST[contract_.problem]
    scores = {name: row["value"] for name, row in measured["metrics"].items()}
    found = [gates.baseline(contract_.problem, scores, measured["baseline"], evaluate.margin)]
    found += gates.minimum(scores, evaluate.minimum) + gates.fair(measured["fairness"], evaluate.fairness)
    if rival and rival.pipeline:
        found.append(gates.champion(rival.version, measured["champion"], first, evaluate.champion.tolerance))
    return found


def _rounded(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _rounded(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_rounded(value) for value in tree]
    return round(tree, 6) if isinstance(tree, float) else tree


def main() -> None:
    """Runs the stage."""
    evaluate, contract_ = params.load().evaluate, contract.load()
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    pipeline = model.load(MODEL, record["sha256"])
    held = hold(pipeline, contract_)
    scores = metrics.score(contract_.problem, held.truth, held.predicted, evaluate.threshold)
    client = tracking.connect()
    rival = champion.find(client, record["sha256"], contract_)
    groups = slices.of_frame(held.frame, contract_) | fairness.partitions(held.table, contract_)
    first = metrics.FIRST[contract_.problem]
    measured = {
        "problem": contract_.problem,
        "rows": len(held.truth),
        "model_hash": record["sha256"],
        "metrics": rows_of(held, contract_, evaluate, scores),
        "baseline": dummy(held, contract_),
        "fairness": unfairness(held, contract_, evaluate),
        "slices": slices.measure(
            groups, contract_, held.truth, held.predicted, evaluate.fairness.min_group, evaluate.threshold
        ),
        "champion": difference(held, rival.pipeline, contract_, evaluate.bootstrap)
        if rival and rival.pipeline
        else None,
    }
    verdict = judge(measured, contract_, evaluate, rival)
    gaps = {
        f"{name}_{by}".replace(" x ", "_x_"): row[name]["gap"]
        for by, row in measured["fairness"].items()
        for name in gates.LIMITS
        if name in row
    }
    numbers = _rounded({**scores, f"baseline_{first}": measured["baseline"][first], "fairness": gaps})
    write(METRICS, json.dumps(numbers, indent=2, ensure_ascii=False) + "\n")
    report = _rounded({**measured, "gates": gates.as_rows(verdict)})
    write(EVALUATION, json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    decided = (
        held.predicted if contract_.problem == "regression" else metrics.decide(held.predicted, evaluate.threshold)
    )
    scoring = {"binary": "roc_auc", "multiclass": "roc_auc_ovr", "regression": "r2"}[contract_.problem]
    drawn = plots.tables(contract_, held.truth, held.predicted, decided)
    drawn["importance"] = plots.importance(pipeline, held.frame, held.labels, scoring, evaluate.bootstrap.seed)
    plots.write(drawn)
    passed = all(gate.passed for gate in verdict)
    run_id = tracking.find_run(client, record["sha256"])
    if run_id:
        logged = {f"baseline_{first}": measured["baseline"][first], **scores}
        tracking.log_evaluation(client, run_id, logged, {"gates": "passed" if passed else "failed"}, PLOTS)
    if rival and rival.reason:
        log.info("not compared: %s", rival.reason)
    gates.enforce(verdict)
    log.info(
        "%s on %s held-out rows: %.4f; all %d gates passed", first, f"{len(held.truth):,}", scores[first], len(verdict)
    )


if __name__ == "__main__":
    run(main)
