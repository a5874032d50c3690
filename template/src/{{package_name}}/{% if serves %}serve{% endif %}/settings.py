"""What the service is told: section `serve` of `params.yaml`, and by the environment what differs between machines."""

import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field

from .. import params
from .bundle import SERVED


class Serve(params.Section):
    """How requests are answered."""

    unknown_categories: Literal["accept", "refuse"] = "accept"
    max_rows: int = Field(1000, ge=1)
    max_bytes: int = Field(1_000_000, ge=1)
    max_text: int = Field(256, ge=1)
    max_in_flight: int = Field(64, ge=1)
    max_connections: int = Field(1000, ge=1)
    rate: float | None = Field(None, gt=0)
    rows_per_second: float | None = Field(20_000, gt=0)
    prediction_log: str | None = "data/predictions"
    prediction_log_seconds: float = Field(30, gt=0)
    prediction_log_required: bool = False
    price_per_hour: float | None = Field(None, ge=0)


class Settings(BaseModel):
    """The section of `params.yaml` that the service reads."""

    serve: Serve


def load() -> Serve:
    """Returns the section `serve`.

    Raises:
        Refusal: As `params.read`.
    """
    return params.read(Settings).serve


def model_folder() -> Path:
    """Returns the folder of the bundle: `SERVE_MODEL`, else where `export` writes it."""
    return Path(os.environ.get("SERVE_MODEL") or SERVED)


def prediction_log(serve: Serve) -> Path | None:
    """Returns the folder of the prediction log: `SERVE_PREDICTION_LOG`, else as `params.yaml` says; None for none."""
    named = os.environ.get("SERVE_PREDICTION_LOG") or serve.prediction_log
    return Path(named) if named else None
