"""Measures how far the compiled model is from the pipeline, on rows with missing and unknown values among them."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sklearn.pipeline import Pipeline

from .. import prediction
from ..contract import Contract
from ..frame import feature_frame
from ..paths import TEST
from ..prediction import apply_threshold
from ..stage import Refusal
from . import tables
from .bundle import Column
from .predictor import Predict

ROWS = 10_000
TOLERANCE = 1e-9
SPOILED = 0.05  # the share of values that are made missing, and of categories that are made unknown


def _drawn(column: Column, rng: np.random.Generator) -> pa.Array:
    kind = tables.of_contract(column).arrow
    if column.kind == "text":
        return pa.repeat("text", ROWS)
    if column.kind == "category":
        return pa.array(column.categories, kind).take(pa.array(rng.integers(0, len(column.categories), ROWS)))
    if column.kind == "bool":
        return pa.array(rng.random(ROWS) < 0.5)
    low = 0.0 if column.minimum is None else column.minimum
    high = low + 1000.0 if column.maximum is None else column.maximum
    drawn = rng.uniform(low, high, ROWS) * (tables.DAY_US if column.kind == "time" else 1)
    return pa.array(drawn).cast(pa.float64() if column.kind == "float" else pa.int64(), safe=False).cast(kind)


def rows(columns: tuple[Column, ...]) -> pa.Table:
    """Returns up to 10,000 rows: held-out ones where they are here, else random ones within the limits."""
    wanted = pa.schema({column.name: tables.of_contract(column).arrow for column in columns})
    # Those of an older contract would not do.
    if TEST.exists() and set(wanted) <= set(pq.read_schema(TEST)):
        return pq.read_table(TEST, columns=wanted.names).slice(0, ROWS)
    rng = np.random.default_rng(0)
    return pa.table({column.name: _drawn(column, rng) for column in columns})


def spoiled(table: pa.Table, columns: list[Column]) -> pa.Table:
    """Returns the columns with some values missing, and some categories that no model knows."""
    rng = np.random.default_rng(0)
    arrays = {}
    for column in columns:
        values = table[column.name]
        if column.kind == "category":
            unknown: Any = "no such category" if pa.types.is_string(values.type) else max(column.categories) + 1
            values = pc.if_else(pa.array(rng.random(len(table)) < SPOILED), pa.scalar(unknown, values.type), values)
        lost = pa.array(rng.random(len(table)) < SPOILED)
        arrays[column.name] = pc.if_else(lost, pa.scalar(None, values.type), values)
    return pa.table(arrays)


def measure(
    predict: Predict, pipeline: Pipeline, table: pa.Table, columns: list[Column], contract: Contract, threshold: float
) -> dict[str, Any]:
    """Compares the compiled model with the pipeline.

    Args:
        predict: The compiled model.
        pipeline: What it was compiled from.
        table: Rows; they are compared as they are, and spoiled.
        columns: The features.
        contract: The columns.
        threshold: Of the probability of the positive class.

    Returns:
        Rows, largest difference (in parts of the value where that is above 1), tolerance, labels flipped.

    Raises:
        Refusal: They differ by more than the tolerance, or in a label.
    """
    names = [column.name for column in columns]
    ours = Contract(tuple(column for column in contract.columns if column.name in names))
    both = pa.concat_tables([table.select(names), spoiled(table, columns)])
    frame = feature_frame(both, ours)[list(pipeline.feature_names_in_)]
    expected = prediction.predict(pipeline, frame, contract)
    found = predict(tables.codes(both, columns))
    gap = float(np.max(np.abs(found - expected) / np.maximum(1.0, np.abs(expected))))
    flipped = 0
    if contract.classes:
        flipped = int((apply_threshold(found, threshold) != apply_threshold(expected, threshold)).sum())
    if flipped or not gap <= TOLERANCE:
        raise Refusal(
            f"the compiled model differs from the pipeline by {gap:.2g}, allowed are {TOLERANCE:g}, and in {flipped} "
            f'labels of {len(both):,} rows, so it may not answer: serve another version (ARGS="--version N").'
        )
    return {"rows": len(both), "largest_difference": gap, "tolerance": TOLERANCE, "labels_flipped": flipped}
