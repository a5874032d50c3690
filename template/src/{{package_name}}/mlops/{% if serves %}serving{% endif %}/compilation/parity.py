"""Measures how far what is served is from the pipeline, on rows with missing and unknown values among them."""

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sklearn.pipeline import Pipeline

from .... import project
from ...contract.columns import Contract
from ...contract.frame import feature_frame
from ...core import params
from ...core.errors import GateRefused
from ...core.paths import EVALUATION, TEST
from ...core.untrusted_text import reason
from ...evaluation import held_out
from ...evaluation.differences import differences
from ...models import prediction
from ...models.prediction import apply_threshold
from ..model import tables
from ..model.bundle import Column
from ..model.predictor import Predict

ROWS = 10_000
ALONE = 50  # rows that are predicted one by one
TOLERANCE = 1e-9
SPOILED = 0.05  # the share of values that are made missing, and of categories that are made unknown


class UnequalError(Exception):
    """What would be served is not equal to the pipeline; the message says by how much."""


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


def spoiled(table: pa.Table, columns: list[Column], *, allowed: bool = False) -> pa.Table:
    """Returns the rows, and behind them the same with some values missing, and some categories that no model knows.

    Args:
        table: Rows.
        columns: Those that are returned.
        allowed: Whether only what a service gets is missing: values that may be, and categories, for unknown ones count
            as missing.
    """
    rng = np.random.default_rng(0)
    arrays = {}
    for column in columns:
        values = table[column.name]
        if allowed and not column.nullable and column.kind != "category":
            arrays[column.name] = values
            continue
        if column.kind == "category" and not allowed:
            unknown: Any = "no such category" if pa.types.is_string(values.type) else max(column.categories) + 1
            values = pc.if_else(pa.array(rng.random(len(table)) < SPOILED), pa.scalar(unknown, values.type), values)
        lost = pa.array(rng.random(len(table)) < SPOILED)
        arrays[column.name] = pc.if_else(lost, pa.scalar(None, values.type), values)
    return pa.concat_tables([table.select(list(arrays)), pa.table(arrays)])


def evaluated(pipeline: Pipeline, model_hash: str, contract: Contract) -> bool:
    """Compares the metrics of the pipeline with those that `evaluate` wrote, where these are of this model.

    The model file names functions of the package, not what they do: they may have been edited since it was trained.

    Returns:
        Whether there was something to compare with.

    Raises:
        GateRefused: They differ.
    """
    report = json.loads(EVALUATION.read_text(encoding="utf-8")) if EVALUATION.exists() else {}
    if report.get("model_hash") != model_hash or not TEST.exists():
        return False
    held, threshold = held_out.load_test_set(pipeline, contract), params.load().evaluate.threshold
    again = project.metric_set(contract.problem).score(held.scored(threshold))
    written = {name: row["value"] for name, row in report["metrics"].items()}
    other = differences(again, written)
    if other:
        raise GateRefused(
            f"model {model_hash[:12]} no longer gives the {other[0]} that {EVALUATION} says: its code, params.yaml or "
            "the held-out rows changed since it was evaluated. Run `make run`, or restore them from git."
        )
    return True


def measure(
    predict: Predict, pipeline: Pipeline, both: pa.Table, columns: list[Column], contract: Contract, threshold: float
) -> dict[str, Any]:
    """Compares what is served with the pipeline.

    Args:
        predict: What is served; some rows are predicted one by one, as most requests are.
        pipeline: What it was made from.
        both: Rows as they are and spoiled.
        columns: The features.
        contract: The columns.
        threshold: Of the probability of the positive class.

    Returns:
        Rows, largest difference (in parts of the value where that is above 1), tolerance, labels flipped.

    Raises:
        UnequalError: The pipeline fails, or they differ by more than the tolerance, or in a label.
    """
    names = [column.name for column in columns]
    ours = Contract(tuple(column for column in contract.columns if column.name in names))
    frame, codes = feature_frame(both, ours)[list(pipeline.feature_names_in_)], tables.codes(both, columns)
    try:
        expected = prediction.predict(pipeline, frame, contract)
        each = [predict(codes[row : row + 1]) for row in range(min(ALONE, len(codes)))]
        found = np.concatenate([*each, predict(codes[ALONE:])])
    except Exception as error:  # the steps of a pipeline are anybody's code
        raise UnequalError(f"it can't predict rows that the contract allows: {reason(error)}") from error
    gap = float(np.max(np.abs(found - expected) / np.maximum(1.0, np.abs(expected))))
    flipped = 0
    if contract.classes:
        flipped = int((apply_threshold(found, threshold) != apply_threshold(expected, threshold)).sum())
    if flipped or not gap <= TOLERANCE:
        raise UnequalError(
            f"what it serves differs from the pipeline by {gap:.2g}, allowed are {TOLERANCE:g}, and in {flipped} "
            f"labels of {len(both):,} rows"
        )
    return {"rows": len(both), "largest_difference": gap, "tolerance": TOLERANCE, "labels_flipped": flipped}
