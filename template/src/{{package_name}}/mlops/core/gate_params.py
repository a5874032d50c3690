"""The sections of `params.yaml` in which the limits of the gates stand."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Section(BaseModel):
    """A section of `params.yaml`; a key that it does not know is refused."""

    model_config = ConfigDict(allow_inf_nan=False, extra="forbid", frozen=True, protected_namespaces=())


class Fairness(Section):
    """The largest gaps between groups that are accepted, and the least ratio; null switches a gate off."""

    demographic_parity: float | None = Field(None, ge=0, le=1)
    equalized_odds: float | None = Field(None, ge=0, le=1)
    error_ratio: float | None = Field(None, ge=1)
    disparate_impact: float | None = Field(None, gt=0, le=1)  # 0.8 is the four-fifths rule
    backend: Literal["fairlearn", "aif360", "both"] = "fairlearn"
    min_group: int = Field(50, ge=1)
    min_positives: int = Field(20, ge=0)


class Champion(Section):
    """When a challenger counts as worse than the champion, and whether it must be compared with it."""

    tolerance: float = Field(0.01, ge=0)
    require: bool = True


class Bootstrap(Section):
    """How intervals are computed."""

    repeats: int = Field(200, ge=20)
    max_rows: int = Field(20_000, ge=100)
    seed: int = Field(7, ge=0)


class Evaluate(Section):
    """The gates."""

    margin: float = Field(0.05, ge=0)
    minimum: dict[str, float] = {}
    threshold: float = Field(0.5, gt=0, lt=1)
    min_recall: float | None = Field(0.05, gt=0, le=1)
    fairness: Fairness = Fairness()
    champion: Champion = Champion()
    bootstrap: Bootstrap = Bootstrap()
