"""Reads `prices.yaml`: what machines, storage and runners cost, since when, and who says so."""

from datetime import date
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..core.errors import UsageError
from ..core.untrusted_text import unquoted

PATH = Path("prices.yaml")


class Price(BaseModel):
    """A price and where it is from."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    price: float = Field(ge=0, allow_inf_nan=False)
    source: str = Field(min_length=1)


class Prices(BaseModel):
    """All of `prices.yaml`, in one currency."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    date: date
    machine_hour: Price
    storage_gb_month: Price
    actions_minute: Price


def load() -> Prices:
    """Returns the prices.

    Raises:
        UsageError: The file is absent, is no YAML, or a price is missing or not allowed.
    """
    try:
        return Prices.model_validate(yaml.safe_load(PATH.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise UsageError(f"there is no {PATH}: restore it with git, or copy it from a new project.") from None
    except yaml.YAMLError as error:
        raise UsageError(f"{PATH} is no YAML: {unquoted(error)}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{PATH}, {where}: {first['msg']} (it says {first['input']!r}).") from None
