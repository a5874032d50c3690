"""What a bundle says of its model: where it comes from, what it decides, the columns as it sees them, an example."""

from typing import Any

import numpy as np
import pyarrow as pa
from mlflow.entities.model_registry import ModelVersion
from sklearn.pipeline import Pipeline

from ....roles import EventTime, Group, Id, Sensitive
from ...contract import columns as columns_
from ...contract.columns import Contract
from ...core import params
from ...core.errors import Refusal
from ..model import bundle, tables
from ..model.bundle import Column
from . import known_steps

ROLES = {"id": Id, "event_time": EventTime, "group": Group, "sensitive": Sensitive}


def _limit(value: Any) -> float | None:
    """Returns a limit as a number; of a time, in days since 1970."""
    if value is None or isinstance(value, int | float):
        return value
    return float(np.datetime64(value, "us").astype(np.int64)) / tables.DAY_US


def _values_in_text(column: columns_.Column) -> dict[str, list[Any]]:
    """Returns what means a missing value, and marks of numbers, if any: the services of 0.7.0 do not know the keys."""
    missing = [value.isoformat() if column.kind == "time" else value for value in column.placeholders]
    return {name: list(given) for name, given in (("placeholders", missing), ("written", column.written)) if given}


def columns(pipeline: Pipeline, contract_: Contract) -> list[dict[str, Any]]:
    """Returns the columns of the contract as the model sees them.

    Raises:
        Refusal: The contract no longer has a column that the model uses, or has it as something else.
    """
    used, known = list(getattr(pipeline, "feature_names_in_", ())), known_steps.categories(pipeline)
    if not used:
        raise Refusal(
            "the model does not know its columns: its first step must keep `feature_names_in_` when it is fitted."
        )
    kinds = {column.name: column.kind for column in contract_.features}
    lost = [name for name in used if name not in kinds or (name in known and kinds[name] != "category")]
    if lost:
        raise Refusal(
            f"the model needs {', '.join(lost)}, which the contract no longer has as such features: "
            "restore them in schema.py, or train anew with `make run`."
        )
    return [
        {
            "name": column.name,
            "kind": column.kind,
            "categories": known.get(column.name, list(column.categories)),
            "minimum": _limit(column.minimum),
            "maximum": _limit(column.maximum),
            "nullable": column.missing > 0,
            "roles": [name for name, role in ROLES.items() if column.role(role)],
            "feature": column.name in used,
            **_values_in_text(column),
        }
        for column in contract_.columns
        if column.name != contract_.target.name
    ]


def example(table: pa.Table, columns_: tuple[Column, ...]) -> dict[str, Any]:
    """Returns a row for the service's documentation; each value comes from another row, so that it is nobody's."""
    found: dict[str, Any] = {}
    for number, column in enumerate(columns_):
        values = table[column.name].drop_null()
        value = values[number % len(values)].as_py() if len(values) else None
        if "id" in column.roles or column.kind == "text":
            value = "example" if column.kind == "text" else 1
        found[column.name] = value.isoformat() if column.kind == "time" and value else value
    return found


def facts(version: ModelVersion, pipeline: Pipeline, contract_: Contract) -> dict[str, Any]:
    """Returns what the bundle says of the model, its file excepted.

    Raises:
        Refusal: The model predicts something else than the contract's target.
    """
    tags, classes = version.tags, contract_.classes
    known = getattr(pipeline, "classes_", np.zeros(0)).tolist()
    if tags["target"] != contract_.target.name or bool(known) != bool(classes) or set(known) - set(classes):
        raise Refusal(
            f"{version.name} {version.version} does not predict {contract_.target.name} as the contract has it: "
            "train anew with `make run`."
        )
    return {
        "format": bundle.FORMAT,
        "model": version.name,
        "version": str(version.version),
        "run_id": version.run_id,
        "created": version.creation_timestamp // 1000,
        **{name: tags[name] for name in ("model_hash", "data_hash", "git_commit", "target", "gates")},
        "git_dirty": tags["git_dirty"] == "true",
        "problem": contract_.problem,
        "classes": classes,
        # The one it was promoted with: a changed params.yaml changes no model that is served.
        "threshold": float(tags.get("threshold") or params.load().evaluate.threshold),
        "columns": columns(pipeline, contract_),
        "time_format": params.load().ingest.csv.time_format,
    }
