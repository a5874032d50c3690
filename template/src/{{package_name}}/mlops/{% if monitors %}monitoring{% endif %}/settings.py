"""What may be set, where the reports go, what is found."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, Field

from ..core import params

FOLDER = Path("reports/monitoring")
DRIFT, LOST, BAD = 10, 11, 12
VERDICTS = {0: "fine", DRIFT: "drift", LOST: "performance lost", BAD: "bad data"}


class Monitor(params.Section):
    """What is read, and what is allowed."""

    predictions: str = Field("data/predictions", min_length=1)
    labels: str | None = None
    max_rows: int = Field(20_000, ge=100)
    seed: int = Field(7, ge=0)
    ignore: list[str] = Field(default=[])
    distance: float = Field(0.1, gt=0, lt=1)
    chance: float = Field(0.001, gt=0, lt=1)
    drift_share: float = Field(0.2, gt=0, le=1)
    bad_share: float = Field(params.TOLERATED, ge=0, lt=1)
    min_labels: int = Field(500, ge=2)
    window_days: float = Field(7, gt=0)
    tolerance: float = Field(0.05, ge=0)


class Settings(BaseModel):
    """The section of `params.yaml`."""

    monitor: Monitor


@dataclass(frozen=True)
class Finding:
    """What is not as it should be.

    Attributes:
        code: The exit code that it asks for; the highest of all findings wins.
        sentence: What was measured, what is allowed, what to do.
    """

    code: int
    sentence: str
