"""What the service is told: section `serve` of `params.yaml`, and by the environment what differs between machines."""

import os
import re
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field

from ...core import params
from ...core.errors import UsageError
from .bundle import SERVED

BUCKET = re.compile(r"(s3|gs|az|abfss?)://[\w.@-]+(/[\w./=-]+)?", re.ASCII)


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
    prediction_log_bucket: str | None = None
    prediction_log_bytes: int = Field(1_000_000_000, ge=1)
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


def prediction_bucket(serve: Serve) -> str | None:
    """Returns where closed files of the prediction log go: `SERVE_PREDICTION_BUCKET`, else as `params.yaml` says.

    Raises:
        UsageError: It is no address of a bucket, or there is no prediction log.
    """
    named = os.environ.get("SERVE_PREDICTION_BUCKET") or serve.prediction_log_bucket
    if named and not BUCKET.fullmatch(named):
        raise UsageError(
            f"the bucket of the prediction log is {named!r}: write s3://BUCKET/PATH, gs://BUCKET/PATH, or "
            "abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PATH into SERVE_PREDICTION_BUCKET."
        )
    if named and prediction_log(serve) is None:
        raise UsageError("there is a bucket, but no prediction log: set serve.prediction_log to a folder.")
    return named or None


def prediction_log(serve: Serve) -> Path | None:
    """Returns the folder of the prediction log: `SERVE_PREDICTION_LOG`, else as `params.yaml` says; None for none."""
    named = os.environ.get("SERVE_PREDICTION_LOG") or serve.prediction_log
    return Path(named) if named else None
