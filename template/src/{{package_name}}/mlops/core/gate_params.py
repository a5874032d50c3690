"""The sections of `params.yaml` in which the limits of the gates stand, and what happens to a model behind them."""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

REPOSITORY = r"^[a-z0-9][a-z0-9.:/_-]*$"


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


class SageMaker(Section):
    """SageMaker's Model Registry; what is not said here comes from AWS' own variables and files."""

    region: str | None = Field(None, min_length=1)
    repository: str | None = Field(None, pattern=REPOSITORY)  # of images, in place of the one that a delivery names


class Vertex(Section):
    """Vertex AI's Model Registry; without a project, that of the credentials."""

    project: str | None = Field(None, pattern=r"^[A-Za-z0-9:.-]+$")
    location: str | None = Field(None, pattern=r"^[a-z]+-[a-z]+[0-9]+$")
    repository: str | None = Field(None, pattern=REPOSITORY)


class Register(Section):
    """The registry, which models a run promotes by itself, and the registries that repeat who is champion."""

    model_name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    promote: Literal["main", "always", "never"] = "main"
    mirrors: tuple[Literal["sagemaker", "vertex"], ...] = ()
    sagemaker: SageMaker = SageMaker()
    vertex: Vertex = Vertex()

    @model_validator(mode="before")
    @classmethod
    def _of_0_7_0(cls, section: Any) -> Any:
        """Reads `auto_promote`, which this key was up to 0.7.0."""
        if not isinstance(section, dict) or not isinstance(section.get("auto_promote"), bool):
            return section
        rest = {key: value for key, value in section.items() if key != "auto_promote"}
        return {"promote": "main" if section["auto_promote"] else "never"} | rest

    @model_validator(mode="after")
    def _located(self) -> Self:
        if "vertex" in self.mirrors and not self.vertex.location:
            raise ValueError("mirrors names vertex, whose place is not known: add `vertex: {location: europe-west4}`")
        return self
