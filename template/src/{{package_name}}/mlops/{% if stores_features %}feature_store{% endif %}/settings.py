"""What the feature store is told: section `features` of `params.yaml`, and where its stores lie."""

import os
import re
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, Field

from ..core import params
from ..core.errors import UsageError
from ..core.untrusted_text import unquoted

REPOSITORY = Path("feature_repo")
CONFIG = REPOSITORY / "feature_store.yaml"
HISTORY = Path("data/features/history.parquet")
VIEW = "rows"
ROWS = "rows"  # the ingested rows are the history themselves
VARIABLE = re.compile(r"\$\{(\w+)\}")


class Features(params.Section):
    """How features are joined and served."""

    history: str = Field(ROWS, min_length=1)
    watch: str
    created: str = "created_at"
    ttl_days: float = Field(3650, gt=0)
    missing_share: float = Field(0.01, ge=0, le=1)
    absent: Literal["refuse", "default"] = "refuse"
    stale: Literal["refuse", "default", "flag"] = "refuse"
    defaults: dict[str, Any] = Field(default_factory=dict)


class Settings(BaseModel):
    """The section of `params.yaml` that the feature store reads."""

    features: Features


def load() -> Features:
    """Returns the section `features`.

    Raises:
        Refusal: As `params.read`.
    """
    return params.read(Settings).features


def unset() -> str:
    """Returns the names of the variables that the online store's settings use and the environment does not set."""
    said = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["online_store"]
    return ", ".join(name for name in VARIABLE.findall(str(said)) if not os.environ.get(name))


def stores() -> dict[str, Any]:
    """Returns what `feature_repo/feature_store.yaml` says, variables of the environment filled in as Feast does.

    Raises:
        UsageError: There is none, or it is no YAML.
    """
    try:
        return dict(yaml.safe_load(os.path.expandvars(CONFIG.read_text(encoding="utf-8"))))
    except FileNotFoundError:
        raise UsageError(f"there is no {CONFIG} in {Path.cwd()}: restore it from git.") from None
    except (yaml.YAMLError, TypeError, ValueError) as failed:
        error = unquoted(failed)  # it would quote the passwords that are filled in
        raise UsageError(f"{CONFIG} is no YAML of a feature store: {' '.join(str(error).split())}") from None
