"""Reads CSV and Parquet files of any size in pieces of constant size, in order, from any row on."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv as arrow_csv

from ..params import Csv
from ..source import csv_options, files, is_parquet, unreadable

BATCH_ROWS = 32_768
BUFFER_BYTES = 1 << 20


def fingerprint(url: str) -> list[list[str]]:
    """Returns path, size and version or time of each file, so that another input is known as such."""
    filesystem, paths = files(url)
    told = [filesystem.info(path) for path in paths]
    return [[info["name"], *(str(info.get(key, "")) for key in ("size", "mtime", "ETag"))] for info in told]


def count(url: str) -> int | None:
    """Returns the number of rows, or None where only reading all of them would tell."""
    filesystem, paths = files(url)
    if not is_parquet(filesystem, paths[0]):
        return None
    return sum(_metadata(filesystem, path).num_rows for path in paths)


def _metadata(filesystem: Any, path: str) -> Any:
    with filesystem.open(path, "rb") as stream:
        return pq.read_metadata(stream)


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
    with filesystem.open(path, "rb") as stream:
        position = 0
        for batch in arrow_csv.open_csv(stream, **csv_options(filesystem, path, csv)):
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
    parquet, before = is_parquet(filesystem, paths[0]), 0
    for path in paths:
        end = before
        try:
            opened = _parquet(filesystem, path, skip - before) if parquet else _csv(filesystem, path, csv)
            for position, batch in opened:
                first, end = before + position, before + position + len(batch)
                if end > skip:
                    left_out = max(skip - first, 0)
                    yield first + left_out, pa.Table.from_batches([batch.slice(left_out)])
        except (pa.ArrowException, UnicodeDecodeError, LookupError) as error:
            raise unreadable(path, csv, error) from None
        before = end if not parquet else before + _metadata(filesystem, path).num_rows
