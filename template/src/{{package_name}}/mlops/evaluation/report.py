"""What `reports/evaluation.json` says of a model: all that is measured, and the verdict of each gate."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sklearn.pipeline import Pipeline

from ..contract import notes
from ..contract.columns import Contract
from ..core import params
from ..models.prediction import predict
from . import champion, enforcement, gates, held_out, slices
from .gates import Gate
from .metric_set import MetricSet
from .parity import agreement, aif360_measures, four_fifths

PACKAGE = str(__package__).partition(".")[0]


@dataclass(frozen=True)
class Criteria:
    """What the project's own files say of judging a model.

    Attributes:
        contract: The columns.
        metrics: Of `metrics.py`.
        gates: Of `gates.py`, called with the measures.
        trusted: As of `persistence.load`.
    """

    contract: Contract
    metrics: MetricSet
    gates: Callable[[dict[str, Any]], list[Gate]]
    trusted: list[str]


def measured(
    held: held_out.HeldOut, criteria: Criteria, evaluate: params.Evaluate, against: champion.Champion | None
) -> dict[str, Any]:
    """Measures all that the gates, the report and the model card speak of."""
    contract, metrics, scored = criteria.contract, criteria.metrics, held.scored(evaluate.threshold)
    aif360_measures.demand(evaluate.fairness.backend, contract.problem)
    partitions = slices.partitions(held.table, contract)
    groups = slices.of_frame(held.frame, contract) | partitions
    found: dict[str, Any] = {
        "problem": contract.problem,
        "rows": len(held.truth),
        "metrics": held_out.with_intervals(held, metrics, evaluate, metrics.score(scored)),
        "baseline": held_out.dummy(held, contract, metrics, evaluate.threshold),
        "classes": held_out.recalls(scored, contract),
        "even_threshold": held_out.even_threshold(scored, contract),
        "fairness": held_out.fairness_gaps(held, contract, evaluate),
        "slices": slices.measure(groups, scored, metrics, evaluate.fairness.min_group),
        "worst": held_out.worst(held, contract),
    }
    if evaluate.fairness.backend != "fairlearn":
        numbered = held_out.class_numbers(contract)
        found["aif360"] = agreement.measure(partitions, scored.truth, scored.decided, numbered, evaluate.fairness)
    if against and against.pipeline:
        found["champion"] = held_out.difference(held, against.pipeline, contract, metrics, evaluate)
    if against and against.best and against.best.pipeline:
        found["best"] = held_out.difference(held, against.best.pipeline, contract, metrics, evaluate)
    remarks = (enforcement.left_open(by, gaps, evaluate.fairness) for by, gaps in found["fairness"].items())
    told = [*notes.carried_by(held.table), *(sentence for said in remarks for sentence in said)]
    return {**found, notes.KEY: told}


def judge(
    found: dict[str, Any], criteria: Criteria, evaluate: params.Evaluate, against: champion.Champion | None
) -> list[Gate]:
    """Puts the measures before all gates."""
    metrics = criteria.metrics
    scores = {name: row["value"] for name, row in found["metrics"].items()}
    verdict = [gates.baseline(metrics, scores, found["baseline"], evaluate.margin)]
    verdict += gates.minimum(metrics, scores, evaluate.minimum)
    verdict += gates.decisive(found["classes"], evaluate.min_recall, found["even_threshold"])
    verdict += gates.fair(found["fairness"], evaluate.fairness, found["problem"])
    verdict += four_fifths.gates(found["fairness"], evaluate.fairness, found["problem"])
    verdict += agreement.gates(found.get("aif360", {}))
    if against and against.pipeline:
        allowed, best = evaluate.champion.tolerance, against.best
        verdict.append(gates.champion(against.version, found["champion"], metrics, allowed))
        if verdict[-1].passed and best and best.pipeline:
            verdict[-1] = gates.champion(f"{best.version} (the best so far)", found["best"], metrics, allowed)
        elif verdict[-1].passed and best:
            verdict[-1] = gates.not_compared(best.reason, require=evaluate.champion.require)
    elif against:
        verdict.append(gates.not_compared(against.reason, require=evaluate.champion.require))
    return verdict + criteria.gates(found)


def serving(pipeline: Pipeline, path: Path, model_hash: str, held: held_out.HeldOut, contract: Contract) -> list[Gate]:
    """Returns the gate of the service, where the project has one."""
    if find_spec(f"{PACKAGE}.mlops.serving") is None:
        return []
    candidate = importlib.import_module(f"{PACKAGE}.mlops.serving.compilation.candidate")
    return [candidate.gate(pipeline, path, model_hash, held, contract)]


def report(
    held: held_out.HeldOut,
    criteria: Criteria,
    model_hash: str,
    against: champion.Champion | None,
    served: list[Gate],
) -> dict[str, Any]:
    """Returns what `reports/evaluation.json` says of a model: measures and the verdict of each gate."""
    evaluate = params.load().evaluate
    against = champion.comparable(against, held.frame, criteria.contract) if against else None
    found = measured(held, criteria, evaluate, against)
    verdict = judge(found, criteria, evaluate, against) + served
    return dict(_rounded({**found, "model_hash": model_hash, "gates": enforcement.as_rows(verdict)}))


def unmitigated(
    held: held_out.HeldOut, pipeline: Pipeline, criteria: Criteria, evaluate: params.Evaluate
) -> dict[str, Any]:
    """Returns the gaps and metrics of a model that was fitted without mitigation, on the same held-out rows."""
    other = replace(held, predicted=predict(pipeline, held.frame, criteria.contract))
    found = {
        "fairness": held_out.fairness_gaps(other, criteria.contract, evaluate),
        "metrics": criteria.metrics.score(other.scored(evaluate.threshold)),
    }
    return dict(_rounded(found))


def numbers(found: dict[str, Any], metrics: MetricSet) -> dict[str, Any]:
    """Returns the few numbers that are worth a line in `dvc metrics diff`."""
    gaps = {
        f"{name}_{by}".replace(" x ", "_x_"): row[name]["gap"]
        for by, row in found["fairness"].items()
        for name in (*gates.LIMITS, four_fifths.NAME)
        if name in row
    }
    first = metrics.primary
    scores = {name: row["value"] for name, row in found["metrics"].items()}
    return {**scores, f"baseline_{first}": found["baseline"][first], "fairness": gaps}


def _rounded(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _rounded(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_rounded(value) for value in tree]
    return round(tree, 6) if isinstance(tree, float) else tree
