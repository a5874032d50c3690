"""What making a model cost, from what its stages used; and the gate that refuses one that cost too much."""

from collections.abc import Mapping

from . import usage
from .prices import Prices
from .stage import GateRefused
from .usage import Usage

HOUR = 3600.0  # seconds
AFTER = ("register", "card")  # They begin when the model is made.


class OverBudget(GateRefused):
    """Making the model cost more than `cost.budget` allows, or nobody knows what."""


def price(used: Usage, prices: Prices) -> float:
    """Returns what a stage cost: the time for which it held the machine."""
    return used.wall_seconds / HOUR * prices.machine_hour.price


def making(stages: Mapping[str, Usage], prices: Prices) -> float:
    """Returns what the stages cost that make and judge a model, each as it ran last."""
    return sum(price(used, prices) for stage, used in stages.items() if stage not in AFTER)


def check(budget: float | None, prices: Prices) -> float:
    """Lets a model pass that cost no more than allowed, and returns what it cost.

    Args:
        budget: `cost.budget`; None allows everything.
        prices: In the same currency.

    Raises:
        OverBudget: It cost more, or was not measured.
    """
    stages = usage.recorded()
    cost = making(stages, prices)
    if budget is not None and not set(stages) - set(AFTER):
        raise OverBudget(
            "cost.budget was not measured, because the outputs of all stages were pulled: "
            "run `uv run dvc repro --force` here, or set cost.budget to null.",
            {"budget": "not_measured"},
        )
    if budget is not None and cost > budget:
        dearest = max((stage for stage in stages if stage not in AFTER), key=lambda stage: stages[stage].wall_seconds)
        raise OverBudget(
            f"making the model cost {cost:.4g} {prices.currency}, cost.budget in params.yaml allows {budget:.4g}: "
            f"{dearest} took longest, {stages[dearest].wall_seconds:.0f} s; make it cheaper, or raise the budget.",
            {"budget": "limit"},
        )
    return cost
