"""Decides: each gate says what was measured, what was allowed, and what to do when it closes.

A gate that could not measure is closed, unless `params.yaml` opens it by name.
"""

import math
from dataclasses import dataclass
from typing import Any

from ..contract.columns import Problem
from ..core import params
from ..core.errors import UsageError
from .metric_set import MetricSet

LIMITS = ("demographic_parity", "equalized_odds", "error_ratio")
NO_NUMBER = "a value is no number, so nothing was measured: look at the held-out rows and at what the model predicts."


@dataclass(frozen=True)
class Gate:
    """One gate.

    Attributes:
        name: What it guards.
        passed: Whether it is open.
        sentence: What was measured, what is allowed, and what to do.
        measured: Whether there was something to measure.
    """

    name: str
    passed: bool
    sentence: str
    measured: bool = True


def _gate(name: str, passed: bool, measures: str, remedy: str, *values: float) -> Gate:
    """Returns a gate that is closed where one of the values is no number."""
    measured = all(map(math.isfinite, values))
    return Gate(name, passed and measured, f"{measures}: {remedy if measured else NO_NUMBER}", measured)


def baseline(metrics: MetricSet, scores: dict[str, float], dummy: dict[str, float], margin: float) -> Gate:
    """Better than always guessing the same, by a margin in the primary metric."""
    first, remedy = metrics.primary, "find features that carry the target, or another model family."
    measures = f"{first} is {scores[first]:.4f}, the dummy baseline's {dummy[first]:.4f}, evaluate.margin {margin}"
    if scores.get("r2", 0.0) < 0:  # the dummy guesses the mean of the training rows, which may be further off
        measures += f", r2 {scores['r2']:.4f} is worse than the mean of the held-out rows"
    return _gate(
        "baseline",
        metrics.gain(first, scores[first], dummy[first]) >= margin and scores.get("r2", 0.0) >= 0,
        measures,
        remedy,
        scores[first],
        dummy[first],
    )


def minimum(metrics: MetricSet, scores: dict[str, float], least: dict[str, float]) -> list[Gate]:
    """Not under the absolute minima; of a metric that is better when lower, not over.

    Raises:
        UsageError: `evaluate.minimum` names a metric that this problem does not have.
    """
    unknown = sorted(set(least) - set(scores))
    if unknown:
        raise UsageError(
            f"params.yaml, evaluate.minimum: no metric {', '.join(unknown)}; there are {', '.join(scores)}."
        )
    gates = []
    for name, limit in least.items():
        lower, score = name in metrics.lower_is_better, scores[name]
        said = f"{name} is {score:.4f}, evaluate.minimum.{name} asks for at {'most' if lower else 'least'} {limit}"
        remedy = "improve data or model, or change the minimum for a reason."
        gates.append(_gate(f"minimum {name}", score <= limit if lower else score >= limit, said, remedy, score))
    return gates


def decisive(classes: list[dict[str, Any]], least: float | None, threshold: float | None) -> list[Gate]:
    """Finds rows of two classes at least: a model that selects next to nobody, or everybody, decides nothing.

    Args:
        classes: The `class` of each, its held-out `rows` and its `recall`, as the model decides.
        least: `evaluate.min_recall`.
        threshold: At which as many rows are selected as there are positives; None where there is none to choose.
    """
    if least is None or not classes:
        return []
    found = sorted(classes, key=lambda row: row["recall"])
    said = " and ".join(f"{row['recall']:.3f} of the {row['rows']} rows of {row['class']}" for row in found[-2:])
    measures = f"the model finds {said}, evaluate.min_recall asks for {least} of two classes at least"
    way = "" if threshold is None else f"set evaluate.threshold (at {threshold:.3g} it selects as many as there are), "
    remedy = f"{way}weigh the classes (train.hyperparameters: {{class_weight: balanced}}), or bring more rows of them."
    return [_gate("decisions", found[-2]["recall"] >= least, measures, remedy, *(row["recall"] for row in found))]


def fair(measured: dict[str, Any], allowed: params.Fairness, problem: Problem) -> list[Gate]:
    """No gap between groups whose whole interval is wider than allowed, and none that could not be measured."""
    gates = []
    for name in LIMITS[2:] if problem == "regression" else LIMITS[:2]:
        limit = getattr(allowed, name)
        for by, gaps in measured.items() if limit is not None else ():
            if name not in gaps:
                gates.append(_too_small(name, by, allowed))
                continue
            gap = gaps[name]
            interval = f"(95 % interval {gap['low']:.3f} to {gap['high']:.3f})"
            said = f"{name} by {by} is {gap['gap']:.3f} {interval}, evaluate.fairness.{name} allows {limit}"
            remedy = "look at the groups in reports/evaluation.json, and fix the data or the model."
            gates.append(_gate(f"fairness {name} by {by}", gap["low"] <= limit, said, remedy, *gap.values()))
    return gates


def _too_small(name: str, by: str, allowed: params.Fairness) -> Gate:
    least = f"evaluate.fairness.min_group is {allowed.min_group}"
    if name == "equalized_odds":
        least += f", min_positives {allowed.min_positives}"
    sentence = (
        f"{name} by {by} was not measured, because fewer than two groups have the rows for it ({least}): "
        f"bring more rows, lower these numbers, or set evaluate.fairness.{name} to null for a reason."
    )
    return Gate(f"fairness {name} by {by}", passed=False, sentence=sentence, measured=False)


def champion(version: str, difference: dict[str, float], metrics: MetricSet, tolerance: float) -> Gate:
    """Not worse than the champion: refused when the whole interval of the difference is worse than the tolerance."""
    first = metrics.primary
    return _gate(
        "champion",
        max(metrics.gain(first, difference[end], 0.0) for end in ("low", "high")) >= -tolerance,
        f"{first} differs from champion {version}'s by {difference['mean']:+.4f} (95 % interval "
        f"{difference['low']:+.4f} to {difference['high']:+.4f}) on the same rows, "
        f"evaluate.champion.tolerance is {tolerance}",
        "keep the champion.",
        *difference.values(),
    )


def not_compared(reason: str, *, require: bool) -> Gate:
    """Closed where the champion can't be measured on these rows, unless `evaluate.champion.require` is false."""
    sentence = f"not compared: {reason}"
    if require:
        sentence += "; evaluate.champion.require: false lets a model pass without the comparison."
    return Gate("champion", passed=not require, sentence=sentence, measured=False)
