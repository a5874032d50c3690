"""Loads what `export` wrote: the champion, where it comes from, and its columns. Light: no scikit-learn, no Arrow.

A model that is not compiled is loaded as a pipeline, which brings all of scikit-learn and is slower; the log says so.
"""

import hashlib
import json
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ...core.errors import Refusal
from . import predictor
from .predictor import Column, Predict

SERVED = Path("models/served")
FACTS = "bundle.json"
FORMAT = 1
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Bundle:
    """A model that can answer.

    Attributes:
        facts: `bundle.json`: version, hashes, commit, classes, threshold, parity, example, and so on.
        columns: All columns of the contract but the target.
        predict: From codes, float64 of shape (rows, features) in the order of `features`, to values, shape (rows,), or
            probabilities, shape (rows, classes), in the order of `facts["classes"]`. Numbers stand as they are,
            booleans as 0 and 1, times as days since 1970, categories as their place, what is missing or unknown as NaN.
    """

    facts: dict[str, Any]
    columns: tuple[Column, ...]
    predict: Predict = field(repr=False)

    @property
    def features(self) -> list[Column]:
        """The columns that the model uses."""
        return [column for column in self.columns if column.feature]


def seal(facts: dict[str, Any]) -> str:
    """Returns the SHA-256 of the facts without their seal."""
    body = {name: fact for name, fact in facts.items() if name != "seal"}
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def columns_of(facts: dict[str, Any]) -> tuple[Column, ...]:
    """Returns the columns that the facts describe."""
    several = ("categories", "roles", "placeholders", "written")
    return tuple(Column(**row | {name: tuple(row.get(name, ())) for name in several}) for row in facts["columns"])


def _facts(folder: Path) -> dict[str, Any]:
    path = folder / FACTS
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        intact = facts["seal"] == seal(facts)
    except FileNotFoundError:
        raise Refusal(f"there is no {path}: write it with `make export`.") from None
    except (ValueError, KeyError, TypeError):
        intact = False
    if not intact:
        raise Refusal(f"{path} is not what was written: write it anew with `make export`.")
    if facts["format"] != FORMAT:
        raise Refusal(f"{path} was written by another version of this code: write it anew with `make export`.")
    return dict(facts)


def _verified(path: Path, expected: str) -> Path:
    try:
        with path.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError:
        raise Refusal(f"there is no {path}: write it anew with `make export`.") from None
    if found != expected:
        raise Refusal(
            f"{path} is not the model that was recorded ({found[:12]}, not {expected[:12]}): "
            "write it anew with `make export`."
        )
    return path


def load(folder: Path = SERVED) -> Bundle:
    """Loads a bundle, but only the one that was written.

    Raises:
        Refusal: It is absent, or a file in it is not the one that was written.
    """
    facts = _facts(folder)
    path = _verified(folder / facts["file"], facts["sha256"])
    columns = columns_of(facts)
    if facts["path"] == "compiled":
        with np.load(path, allow_pickle=False) as packed:
            return Bundle(facts, columns, predictor.evaluator(dict(packed)))
    log.warning("%s %s is served by its pipeline, slower: %s", facts["model"], facts["version"], facts["why"])

    from . import pipeline_fallback

    features = [column for column in columns if column.feature]
    return Bundle(facts, columns, pipeline_fallback.load(path, facts["model_hash"], features, facts["classes"]))
