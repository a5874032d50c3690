"""Arrow tables on their way to a model and back: rows to codes, answers to the prediction log."""

from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...contract import columns
from ...contract.log_schema import ADDED
from .bundle import Bundle, Column

DAY_US = 24 * 3600 * 10**6


def of_contract(column: Column) -> columns.Column:
    """Returns the column as the contract describes one."""
    times = column.kind == "time"
    values = tuple(datetime.fromisoformat(value) if times else value for value in column.placeholders)
    return columns.Column(
        column.name,
        column.kind,  # type: ignore[arg-type]
        column.categories,
        placeholders=values,
        written=column.written,
    )


def schema(columns: tuple[Column, ...]) -> pa.Schema:
    """Returns the schema of the prediction log."""
    return pa.schema({**{column.name: of_contract(column).arrow for column in columns}, **ADDED})


def codes(table: pa.Table, columns: list[Column]) -> np.ndarray:
    """Returns rows as a model takes them, float64 of shape (rows, features); see `Bundle.predict`.

    Args:
        table: Rows in the types of the contract.
        columns: The features.
    """
    found = np.empty((len(table), len(columns)))
    for number, column in enumerate(columns):
        values = table[column.name]
        if column.kind == "category":
            values = pc.index_in(values, value_set=pa.array(column.categories, values.type))
        elif column.kind == "time":
            values = pc.divide(values.cast(pa.int64()).cast(pa.float64()), float(DAY_US))
        found[:, number] = values.cast(pa.float64()).to_numpy()
    return found


def answered(table: pa.Table, bundle: Bundle, request: str, first: int, when: pa.TimestampScalar) -> pa.Table:
    """Predicts rows and returns them as the prediction log has them.

    Args:
        table: Rows in the types of the contract, all columns of the bundle among them.
        bundle: The model.
        request: Id of the request.
        first: Position of the first row in the request.
        when: The time of the answer, UTC.
    """
    predicted = bundle.predict(codes(table, bundle.features))
    labels, value, probabilities = _decided(predicted, bundle)
    rows = len(table)
    added = {
        "_request_id": pa.repeat(request, rows),
        "_row": pa.array(np.arange(first, first + rows)),
        "_time": pa.repeat(when, rows),
        "_model_version": pa.repeat(bundle.facts["version"], rows),
        "_label": labels,
        "_value": pa.array(value),
        "_probabilities": probabilities,
        "_client_request_id": pa.nulls(rows, pa.string()),
    }
    columns = {column.name: table[column.name] for column in bundle.columns}
    return pa.table({**columns, **added}, schema=schema(bundle.columns))


def _decided(predicted: np.ndarray, bundle: Bundle) -> tuple[pa.Array, np.ndarray, pa.Array]:
    """Returns labels, values and probabilities as the log has them; decides as `prediction.apply_threshold`."""
    classes, none = bundle.facts["classes"], pa.nulls(len(predicted), ADDED["_probabilities"])
    if not classes:
        return pa.nulls(len(predicted), pa.string()), predicted, none
    names = pa.array([str(label) for label in classes])
    if len(classes) == 2:
        positive = predicted[:, 1]
        return names.take(pa.array((positive >= bundle.facts["threshold"]).astype(np.int32))), positive, none
    decided = predicted.argmax(axis=1)
    ends = pa.array(np.arange(0, predicted.size + 1, len(classes), dtype=np.int32))
    listed = pa.ListArray.from_arrays(ends, pa.array(predicted.ravel()))
    return names.take(pa.array(decided)), predicted[np.arange(len(predicted)), decided], listed
