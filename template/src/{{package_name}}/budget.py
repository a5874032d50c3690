"""What making a model cost, from what its stages used; and the gate that refuses one that cost too much."""

import logging
from collections.abc import Mapping

from . import usage
from .prices import Prices
from .stage import Refusal
from .usage import Usage

HOUR = 3600.0  # seconds
AFTER = ("register", "card")  # They begin when the model is made.
log = logging.getLogger(__name__)


class OverBudget(Refusal):
    """Making the model cost more than `cost.budget` allows."""

    code = 13


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
        OverBudget: It cost more.
    """
    stages = usage.recorded()
    cost = making(stages, prices)
    if budget is not None and not stages:
        log.warning("cost.budget was not judged: the outputs of all stages were pulled, so that none was measured here")
    if budget is not None and cost > budget:
        dearest = max((stage for stage in stages if stage not in AFTER), key=lambda stage: stages[stage].wall_seconds)
        raise OverBudget(
            f"making the model cost {cost:.4g} {prices.currency}, cost.budget in params.yaml allows {budget:.4g}: "
            f"{dearest} took longest, {stages[dearest].wall_seconds:.0f} s; make it cheaper, or raise the budget."
        )
    return cost
