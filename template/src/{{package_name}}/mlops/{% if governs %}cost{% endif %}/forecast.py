"""What the pipeline costs: `python -m <package>.commands.cost` writes `reports/forecast.json` and `reports/cost.html`.

Of each stage what it used when it ran last, at the prices of `prices.yaml`; of a month what is to be expected. Ends
with 3 if making the model cost more than `cost.budget`.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from ..core import params, usage
from ..core.usage import Usage
from . import budget, prices
from .prices import Prices

JSON, PAGE = Path("reports/forecast.json"), Path("reports/cost.html")
STORED = Path(".dvc/cache")
MONTH = 730 * 3600  # seconds
GB = 1e9


class Serve(BaseModel):
    """What is asked of the section of a part that a project may not have."""

    price_per_hour: float | None = None


class Sections(budget.Sections):
    """Sections of `params.yaml`, also one that a project may not have."""

    serve: Serve = Serve()


def stored(folder: Path) -> int:
    """Returns the bytes of all versions of data and models, which is what DVC pushes."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def month(
    stages: Mapping[str, Usage], prices_: Prices, chosen: budget.Cost, machine: float | None, size: int
) -> dict[str, float]:
    """Returns what a month is expected to cost.

    Args:
        stages: What each used when it ran last.
        prices_: What that costs.
        chosen: How often the pipeline runs, and how much is asked.
        machine: Price of an hour of the service; None where there is none.
        size: Bytes that are stored.
    """
    seconds = sum(used.wall_seconds for used in stages.values())
    found = {
        "pipeline": chosen.runs * seconds / budget.HOUR * prices_.machine_hour.price,
        "runners": chosen.runs * math.ceil(seconds / 60) * prices_.actions_minute.price,
        "storage": size / GB * prices_.storage_gb_month.price,
    }
    if machine is not None:
        machines = max(1, math.ceil(chosen.predictions / MONTH * chosen.peak / chosen.capacity))
        found["service"] = machines * MONTH / budget.HOUR * machine
    return found


def report(former: dict[str, Any] | None) -> dict[str, Any]:
    """Returns what the last run cost, and compares it with the one before.

    Args:
        former: The report before this one; None if there is none.
    """
    stages, prices_, sections = usage.recorded(), prices.load(), params.read(Sections)
    chosen, machine, size = sections.cost, sections.serve.price_per_hour, stored(STORED)
    before = former["ended"] if former else 0.0
    ended = max((used.ended for used in stages.values()), default=0.0)
    costs = {stage: budget.price(used, prices_) for stage, used in stages.items()}
    expected = month(stages, prices_, chosen, machine, size)
    asked = chosen.predictions
    return {
        "currency": prices_.currency,
        "prices": prices_.model_dump(mode="json"),
        "ended": ended,
        "stages": {
            stage: {**asdict(used), "cost": costs[stage], "ran": used.ended > before} for stage, used in stages.items()
        },
        "run": sum(costs.values()),
        "making": budget.making(stages, prices_),
        "budget": chosen.budget,
        "stored_bytes": size,
        "month": expected,
        "thousand_predictions": expected["service"] / asked * 1000 if "service" in expected and asked else None,
        # Asked twice after one run, it is compared with the same one.
        "former": (former or {}).get("former") if ended == before else former and former["run"],
    }
