"""Decides: each gate says what was measured, what was allowed, and what to do when it closes."""

from dataclasses import asdict, dataclass
from typing import Any

from . import params
from .metric_set import MetricSet
from .stage import Refusal

LIMITS = ("demographic_parity", "equalized_odds", "error_ratio")


@dataclass(frozen=True)
class Gate:
    """One gate.

    Attributes:
        name: What it guards.
        passed: Whether it is open.
        sentence: What was measured, what is allowed, and what to do.
    """

    name: str
    passed: bool
    sentence: str


def baseline(metrics: MetricSet, scores: dict[str, float], dummy: dict[str, float], margin: float) -> Gate:
    """Better than always guessing the same, by a margin in the primary metric."""
    first = metrics.primary
    return Gate(
        "baseline",
        metrics.gain(first, scores[first], dummy[first]) >= margin,
        f"{first} is {scores[first]:.4f}, the dummy baseline's {dummy[first]:.4f}, evaluate.margin {margin}: "
        "find features that carry the target, or another model family.",
    )


def minimum(metrics: MetricSet, scores: dict[str, float], least: dict[str, float]) -> list[Gate]:
    """Not under the absolute minima; of a metric that is better when lower, not over.

    Raises:
        Refusal: `evaluate.minimum` names a metric that this problem does not have.
    """
    unknown = sorted(set(least) - set(scores))
    if unknown:
        raise Refusal(f"params.yaml, evaluate.minimum: no metric {', '.join(unknown)}; there are {', '.join(scores)}.")
    gates = []
    for name, limit in least.items():
        lower = name in metrics.lower_is_better
        gates.append(
            Gate(
                f"minimum {name}",
                scores[name] <= limit if lower else scores[name] >= limit,
                f"{name} is {scores[name]:.4f}, evaluate.minimum.{name} asks for at {'most' if lower else 'least'} "
                f"{limit}: improve data or model, or change the minimum for a reason.",
            )
        )
    return gates


def fair(measured: dict[str, Any], allowed: params.Fairness) -> list[Gate]:
    """No gap between groups wider than allowed."""
    gates = []
    for by, gaps in measured.items():
        for name in LIMITS:
            limit = getattr(allowed, name)
            if name in gaps and limit is not None:
                gap = gaps[name]
                gates.append(
                    Gate(
                        f"fairness {name} by {by}",
                        gap["gap"] <= limit,
                        f"{name} by {by} is {gap['gap']:.3f} (95 % interval {gap['low']:.3f} to {gap['high']:.3f}), "
                        f"evaluate.fairness.{name} allows {limit}: look at the groups in reports/evaluation.json, "
                        "and mend the data or the model.",
                    )
                )
    return gates


def champion(version: str, difference: dict[str, float], metrics: MetricSet, tolerance: float) -> Gate:
    """Not worse than the champion: refused when the whole interval of the difference is worse than the tolerance."""
    first = metrics.primary
    return Gate(
        "champion",
        max(metrics.gain(first, difference[end], 0.0) for end in ("low", "high")) >= -tolerance,
        f"{first} differs from champion {version}'s by {difference['mean']:+.4f} (95 % interval "
        f"{difference['low']:+.4f} to {difference['high']:+.4f}) on the same rows, "
        f"evaluate.champion.tolerance is {tolerance}: keep the champion.",
    )


def as_rows(gates: list[Gate]) -> list[dict[str, Any]]:
    """Returns the gates for a JSON report."""
    return [asdict(gate) for gate in gates]


def enforce(gates: list[Gate]) -> None:
    """Refuses a model that does not pass.

    Raises:
        Refusal: At least one gate is closed.
    """
    closed = [f"{gate.name}: {gate.sentence}" for gate in gates if not gate.passed]
    if closed:
        raise Refusal(f"the model fails {len(closed)} of {len(gates)} gates\n" + "\n".join(closed))
