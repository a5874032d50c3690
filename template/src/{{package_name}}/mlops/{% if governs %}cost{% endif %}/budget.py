"""Stage `budget`: what making the model cost, from what its stages used; refuses one above `cost.budget`."""

from collections.abc import Mapping

from pydantic import BaseModel, Field

from ..core import usage
from ..core.errors import GateRefused
from ..core.gate_params import Section
from ..core.usage import Usage
from .prices import Prices

HOUR = 3600.0  # seconds
AFTER = ("budget", "register", "card")  # They begin when the model is made.


class Cost(Section):
    """What making a model may cost, and what the forecast of a month reckons with."""

    budget: float | None = Field(None, gt=0, allow_inf_nan=False)
    runs: int = Field(4, ge=0)
    predictions: int = Field(1_000_000, ge=0)
    peak: float = Field(3.0, ge=1)
    capacity: float = Field(500, gt=0)


class Sections(BaseModel):
    """The section of `params.yaml` that this stage reads."""

    cost: Cost = Cost()


class OverBudget(GateRefused):
    """Making the model cost more than `cost.budget` allows, or nobody knows what."""


def price(used: Usage, listed: Prices) -> float:
    """Returns what a stage cost: the time for which it held the machine."""
    return used.wall_seconds / HOUR * listed.machine_hour.price


def making(stages: Mapping[str, Usage], listed: Prices) -> float:
    """Returns what the stages cost that make and judge a model, each as it ran last."""
    return sum(price(used, listed) for stage, used in stages.items() if stage not in AFTER)


def check(budget: float | None, listed: Prices) -> float:
    """Lets a model pass that cost no more than allowed, and returns what it cost.

    Args:
        budget: `cost.budget`; None allows everything.
        listed: Prices in the same currency.

    Raises:
        OverBudget: It cost more, or was not measured.
    """
    stages = usage.recorded()
    cost = making(stages, listed)
    if budget is not None and not set(stages) - set(AFTER):
        raise OverBudget(
            "cost.budget was not measured, because the outputs of all stages were pulled: "
            "run `uv run dvc repro --force` here, or set cost.budget to null.",
            {"budget": "not_measured"},
        )
    if budget is not None and cost > budget:
        dearest = max((stage for stage in stages if stage not in AFTER), key=lambda stage: stages[stage].wall_seconds)
        raise OverBudget(
            f"making the model cost {cost:.4g} {listed.currency}, cost.budget in params.yaml allows {budget:.4g}: "
            f"{dearest} took longest, {stages[dearest].wall_seconds:.0f} s; make it cheaper, or raise the budget.",
            {"budget": "limit"},
        )
    return cost
