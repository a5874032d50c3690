"""The history of the features, in the layout that Feast reads: entity, event time, when it was known, features."""

import logging

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ... import project
from ..contract.casting import to_kind
from ..contract.columns import Column, Contract
from ..core import params
from ..core.atomic import replacing
from ..core.errors import UsageError
from ..core.paths import DATASET
from ..core.untrusted_text import unquoted, visible
from ..data.source import open_dataset, unreadable
from ..data.storage import scan
from . import settings
from .definitions import CREATED, EVENT, demanded, held

log = logging.getLogger(__name__)
TIME = pa.timestamp("us", "UTC")


def stored(values: pa.ChunkedArray, column: Column) -> pa.ChunkedArray:
    """Returns a feature as the store keeps it: times as microseconds."""
    return values.cast(pa.int64()) if column.kind == "time" else values


def contracted(values: pa.ChunkedArray, column: Column) -> pa.ChunkedArray:
    """Returns a feature of the store in the type of the contract."""
    return values.cast(pa.int64()).cast(column.arrow) if column.kind == "time" else values.cast(column.arrow)


def _read(url: str) -> pa.Table:
    """Reads a file or folder of Parquet or CSV, whose values come as text."""
    csv = params.load().ingest.csv
    opened = open_dataset(url, csv)
    try:
        return pa.Table.from_batches(scan(opened), opened.schema)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise unreadable(url, csv, error) from None


def _typed(table: pa.Table, column: Column) -> pa.ChunkedArray:
    options = params.load().ingest.csv
    try:
        return to_kind(table[column.name], column, options.decimal, options.time_format)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise UsageError(
            f"features.history: {visible(column.name)} has values that are no {column.kind} ({unquoted(error)})."
        ) from None


def layout(table: pa.Table, contract_: Contract, created: str) -> pa.Table:
    """Brings rows into the layout of the store.

    Args:
        table: Rows with entity, event time and features; without `created` each was known when it happened.
        contract_: The columns.
        created: The column that says when a row was known.

    Raises:
        UsageError: A column is absent or not of its type, or an entity or time is missing.
    """
    key, when = demanded(contract_)
    wanted = [key, when, *contract_.features]
    absent = [column.name for column in wanted if column.name not in table.column_names]
    if absent:
        raise UsageError(f"features.history has no column {', '.join(absent)}: add it, or correct params.yaml.")
    arrays = {column.name: _typed(table, column) for column in wanted}
    for column in (key, when):
        if arrays[column.name].null_count:
            raise UsageError(f"features.history has {arrays[column.name].null_count:,} rows without {column.name}.")
    event = arrays.pop(when.name).cast(TIME)
    known = event
    if created in table.column_names:
        column = Column(created, "time")
        said = _typed(table, column).cast(TIME).cast(pa.int64())
        known = pc.max_element_wise(said, event.cast(pa.int64())).cast(TIME)  # not before it happened
    values = {}
    for column in held(contract_):
        if column.name not in table.column_names:  # what is only watched may be absent
            arrays[column.name] = pa.chunked_array([pa.nulls(len(table), column.arrow)])
        elif column.name not in arrays:
            arrays[column.name] = _typed(table, column)
        values[column.name] = stored(arrays[column.name], column)
    return pa.table({key.name: arrays[key.name], EVENT: event, CREATED: known, **values})


def build() -> pa.Table:
    """Writes the history to where the feature view finds it, and returns it.

    Raises:
        UsageError: As `layout`; or there is no data set yet.
    """
    chosen = settings.load()
    if chosen.history != settings.ROWS:
        table = _read(chosen.history)
    elif DATASET.exists():
        table = pq.read_table(DATASET)
    else:
        raise UsageError(f"there is no {DATASET}: `make run` writes it, or `uv run dvc pull` gets it.")
    made = layout(table, project.contract(), chosen.created)
    with replacing(settings.HISTORY) as beside:
        pq.write_table(made, beside)
    log.info("history of %s rows in %s", f"{len(made):,}", settings.HISTORY)
    return made
