"""Reads CSV and Parquet files of any size in pieces of constant size, from any row on, in the types of the contract."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..contract.casting import to_kind
from ..core.errors import UsageError
from ..core.params import Csv
from ..data import partitions
from ..data.arrow_dataset import open_files
from ..data.source import unreadable
from ..data.storage import files, is_parquet, scan
from ..data.text_files.clean_copy import readable
from ..serving.model import tables
from ..serving.model.bundle import Column

BATCH_ROWS = 32_768
BUFFER_BYTES = 1 << 20


def count(url: str) -> int | None:
    """Returns the number of rows, or None where only reading all of them would tell."""
    filesystem, paths = files(url)
    if not is_parquet(filesystem, paths[0]):
        return None
    return sum(_metadata(filesystem, path).num_rows for path in paths)


def _metadata(filesystem: Any, path: str) -> Any:
    with filesystem.open(path, "rb") as stream:
        try:
            return pq.read_metadata(stream)
        except pa.ArrowException as error:
            raise unreadable(path, Csv(), error) from None


def _parquet(filesystem: Any, path: str, skip: int) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Yields batches with the position of their first row in the file, row groups that are skipped left out."""
    with filesystem.open(path, "rb") as stream:
        # Without these two, whole row groups are held in memory.
        opened = pq.ParquetFile(stream, pre_buffer=False, buffer_size=BUFFER_BYTES)
        position = 0
        wanted: list[int] = []
        for group in range(opened.num_row_groups):
            rows = opened.metadata.row_group(group).num_rows
            if wanted or position + rows > skip:
                wanted.append(group)
            else:
                position += rows
        for batch in opened.iter_batches(BATCH_ROWS, row_groups=wanted):
            yield position, batch
            position += len(batch)


def _csv(filesystem: Any, path: str, csv: Csv) -> Iterator[tuple[int, pa.RecordBatch]]:
    position = 0
    for batch in scan(open_files(filesystem, [path], csv)):
        yield position, batch
        position += len(batch)


def read(url: str, csv: Csv, skip: int = 0) -> Iterator[tuple[int, pa.Table]]:
    """Yields the rows of a file, or of all files of a folder, in order.

    Args:
        url: The file or folder.
        csv: How CSV files are written; their values come as text.
        skip: How many rows to leave out at the beginning.

    Yields:
        The position of the first row among all rows, and the rows.

    Raises:
        Refusal: The file does not exist, is empty or is no table.
    """
    filesystem, paths = files(url)
    root = partitions.root(url)
    found = [partitions.values(path, root) for path in paths]
    try:
        if not is_parquet(filesystem, paths[0]):
            filesystem, paths, csv = readable(filesystem, paths, csv)
    except (pa.ArrowException, UnicodeDecodeError, LookupError) as error:
        raise unreadable(url, csv, error) from None
    parquet, before = is_parquet(filesystem, paths[0]), 0
    for path, named in zip(paths, found, strict=True):
        end = before
        try:
            opened = _parquet(filesystem, path, skip - before) if parquet else _csv(filesystem, path, csv)
            for position, batch in opened:
                first, end = before + position, before + position + len(batch)
                if end > skip:
                    left_out = max(skip - first, 0)
                    rows = pa.Table.from_batches([batch.slice(left_out)])
                    yield first + left_out, partitions.added(rows, named)
        except (pa.ArrowException, UnicodeDecodeError, LookupError) as error:
            raise unreadable(path, csv, error) from None
        before = end if not parquet else before + _metadata(filesystem, path).num_rows


def _first_unreadable(values: pa.ChunkedArray, column: Column, csv: Csv) -> int:
    """Returns the position of the first value that can't be read, by halving."""
    low, high = 0, len(values)
    while high - low > 1:
        middle = (low + high) // 2
        try:
            to_kind(values.slice(low, middle - low), tables.of_contract(column), csv.decimal, csv.time_format)
            low = middle
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            high = middle
    return low


def typed(table: pa.Table, columns: tuple[Column, ...], csv: Csv, first: int) -> pa.Table:
    """Brings rows into the types of the contract; what the model does not need may be absent.

    Args:
        table: Rows as read; further columns are left out.
        columns: Those of the bundle.
        csv: How values in CSV files are written.
        first: Position of the first row in the input, for what is said of a value that can't be read.

    Raises:
        UsageError: A feature is absent, or a value can't be read as its type.
    """
    absent = [column.name for column in columns if column.feature and column.name not in table.column_names]
    if absent:
        raise UsageError(f"the input has no column {', '.join(absent)}, which the model needs: add it.")
    arrays = {}
    for column in columns:
        as_contract = tables.of_contract(column)
        if column.name not in table.column_names:
            arrays[column.name] = pa.nulls(len(table), as_contract.arrow)
            continue
        values = table[column.name]
        try:
            arrays[column.name] = to_kind(values, as_contract, csv.decimal, csv.time_format)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            bad = _first_unreadable(values, column, csv)
            raise UsageError(
                f"row {first + bad + 1:,} of the input: {column.name} is {values[bad].as_py()!r}, "
                f"which is no {column.kind}: correct the row or leave it out."
            ) from None
    return pa.table(arrays)
