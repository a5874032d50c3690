"""Reads `params.yaml`: every value that a run may change, checked before anything is computed."""

from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

import yaml
from pydantic import BaseModel, Field, PositiveInt, ValidationError, model_validator

from .errors import UsageError
from .gate_params import Bootstrap as Bootstrap
from .gate_params import Evaluate, Register, Section
from .gate_params import Fairness as Fairness
from .untrusted_text import unquoted

PATH = Path("params.yaml")
TOLERATED = 0.01  # share of rows that may be bad without halting anything
Model = TypeVar("Model", bound=BaseModel)


class Csv(Section):
    """How CSV files are written; `infer` finds out."""

    delimiter: str = Field(",", min_length=1, max_length=1)
    encoding: str = "utf-8"
    decimal: str = Field(".", min_length=1, max_length=1)
    time_format: str | None = None
    skip_lines: int = Field(0, ge=0)  # above the header
    skip_footer: int = Field(0, ge=0)  # rows at the end
    comment: str | None = Field(None, min_length=1)  # with which lines begin that are left out
    bad_lines: Literal["refuse", "skip"] = "refuse"  # with more or fewer values than the header has names


class Sample(Section):
    """What `source: sample` makes."""

    rows: int = Field(10_000, ge=1)
    seed: int = Field(7, ge=0)
    drift: Literal["none", "covariate", "concept", "quality"] = "none"


class Ingest(Section):
    """Where the data come from."""

    source: str = Field(min_length=1)
    watch: str
    query: str | None = None
    csv: Csv = Csv()
    sample: Sample = Sample()


class Validate(Section):
    """What the data as a whole must satisfy; the contract says it for each column."""

    min_rows: int = Field(100, ge=1)
    tolerate: float = Field(TOLERATED, ge=0, lt=1)


class Split(Section):
    """How the held-out rows are chosen."""

    strategy: Literal["auto", "time", "group", "panel", "stratified", "random"] = "auto"
    test_share: float = Field(0.2, gt=0, lt=1)
    seed: int = Field(7, ge=0)
    window: Annotated[dict[Literal["days", "rows"], PositiveInt], Field(min_length=1, max_length=1)] | None = None


class Range(Section):
    """Between which numbers a search looks: whole ones if both are whole; with `log`, by orders of magnitude."""

    low: int | float
    high: int | float
    log: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low < self.high or (self.log and self.low <= 0):
            raise ValueError("low must be less than high, and more than 0 with log")
        return self


class Search(Section):
    """A search over hyper-parameters, by cross-validation on the training rows; ranges and `seconds` need Optuna."""

    iterations: int = Field(ge=1)
    folds: int = Field(5, ge=2)
    seconds: float | None = Field(None, gt=0)
    space: dict[str, list[Any] | Range] = Field(min_length=1)


class Train(Section):
    """The model."""

    family: str = "hist_gradient_boosting"
    families: dict[str, dict[str, Any]] = Field(default_factory=dict)
    hyperparameters: dict[str, Any] = Field(default_factory=dict)
    seed: int = Field(7, ge=0)
    search: Search | None = None
    mitigation: Literal["none", "reweighing"] = "none"
    leak_score: float = Field(0.98, gt=0.5, le=1)
    allow_leaks: list[str] = Field(default_factory=list)


class Params(BaseModel):
    """All of `params.yaml`. Sections of later stages, which this module does not know, may stand beside these."""

    ingest: Ingest
    validate_: Validate = Field(alias="validate")
    split: Split
    train: Train
    evaluate: Evaluate
    register_: Register = Field(alias="register")
    tracking: Literal["mlflow", "mlflow+wandb"] = "mlflow"


@cache
def load() -> Params:
    """Returns the sections of the pipeline.

    Raises:
        Refusal: As `read`.
    """
    return read(Params)


def read(kind: type[Model]) -> Model:
    """Reads and checks the sections of `params.yaml` of the current folder that a model has as fields.

    Raises:
        UsageError: The file is absent, is no YAML, or a value in it is not allowed.
    """
    try:
        text = PATH.read_text(encoding="utf-8")
        return kind.model_validate(yaml.safe_load(text))
    except FileNotFoundError:
        raise UsageError(f"there is no {PATH} in {Path.cwd()}: run this in the project's folder.") from None
    except yaml.YAMLError as error:
        if "\n<<<<<<< " in text:
            raise UsageError(f"a merge left its conflict markers in {PATH}: decide, and remove them.") from None
        raise UsageError(f"{PATH} is no YAML: {unquoted(error)}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{PATH}, {where}: {first['msg']} (it says {first['input']!r}).") from None
