"""The table of the prediction log: the columns of the contract in its types, and what was answered."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from arro3.core import Array, DataType, Table, list_array

from .answer import Prediction
from .bundle import Column
from .row_model import microseconds

TYPES = {"bool": DataType.bool(), "int": DataType.int64(), "float": DataType.float64()}


def _times(values: Sequence[int | None]) -> Array:
    return Array(values, DataType.int64()).cast(DataType.timestamp("us"))


def _column(column: Column, values: list[Any]) -> Array:
    """Builds the column in the type that the contract gives it."""
    if column.kind == "time":
        return _times(values)
    if column.kind == "category" and all(isinstance(value, int) for value in column.categories):
        return Array(values, DataType.int64())
    if column.kind == "float":
        values = [None if value is None else float(value) for value in values]
    return Array(values, TYPES.get(column.kind, DataType.string()))


def _probabilities(entries: list[Prediction], rows: int) -> Array:
    found = [entry.probabilities for entry in entries if entry.probabilities is not None]
    if not found:
        empty, none = np.zeros(rows + 1, dtype=np.int32), Array([True] * rows, DataType.bool())
        return list_array(Array(empty), Array(np.zeros(0)), mask=none)
    values = np.concatenate(found)
    offsets = np.arange(rows + 1, dtype=np.int32) * values.shape[1]
    return list_array(Array(offsets), Array(values.reshape(-1)))


def build(entries: list[Prediction]) -> Table:
    """Turns what one model answered into the table of the log."""
    rows = [row for entry in entries for row in entry.rows]
    columns = {
        column.name: _column(column, [row.get(column.name) for row in rows])
        for column in entries[0].model.bundle.columns
    }
    labels: list[str | None] = [label for entry in entries for label in entry.labels]
    columns["_request_id"] = Array([entry.request_id for entry in entries for _ in entry.rows], DataType.string())
    columns["_row"] = Array([place for entry in entries for place in range(len(entry.rows))], DataType.int64())
    columns["_time"] = _times([microseconds(entry.time) for entry in entries for _ in entry.rows])
    columns["_model_version"] = Array([entry.model.version for entry in entries for _ in entry.rows], DataType.string())
    columns["_label"] = Array(labels or [None] * len(rows), DataType.string())
    columns["_value"] = Array(np.concatenate([entry.values for entry in entries]))
    columns["_probabilities"] = _probabilities(entries, len(rows))
    return Table.from_arrays(list(columns.values()), names=list(columns))
