"""Cuts a file or folder into pieces that a worker reads by itself, in constant memory."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import pyarrow as pa
from pyarrow import dataset

from ..core.errors import UsageError
from ..core.params import Csv
from ..core.untrusted_text import address
from ..data.source import open_dataset, unreadable
from ..data.storage import BATCH_ROWS

BUFFER_BYTES = 1 << 20
# Without these two, whole row groups are held in memory.
LITTLE = dataset.ParquetFragmentScanOptions(use_buffered_stream=True, buffer_size=BUFFER_BYTES, pre_buffer=False)


@dataclass(frozen=True)
class Piece:
    """Consecutive rows of the input.

    Attributes:
        number: Its place among the pieces.
        first: Position of its first row in the input; 0 where the rows of a file can't be counted without reading it.
        rows: How many it has; 0 likewise.
        fragments: Files or parts of files, as pyarrow reads them.
        schema: Of the whole input.
    """

    number: int
    first: int
    rows: int
    fragments: tuple[Any, ...]
    schema: pa.Schema


def _groups(fragment: Any, most: int) -> Iterator[tuple[Any, int]]:
    """Yields parts of a Parquet file of about so many rows: whole row groups."""
    held: list[int] = []
    rows = 0
    for group in fragment.row_groups:
        if held and rows + group.num_rows > most:
            yield fragment.subset(row_group_ids=held), rows
            held, rows = [], 0
        held.append(group.id)
        rows += group.num_rows
    if rows:
        yield fragment.subset(row_group_ids=held), rows


def cut(url: str, csv: Csv, most: int, known: Collection[str] = ()) -> list[Piece]:
    """Cuts Parquet at row groups into pieces of at most so many rows, small files put together; CSV file by file.

    Args:
        url: The file or folder.
        csv: How CSV files are written.
        most: Rows of a piece.
        known: As for `source.open_dataset`.

    Raises:
        Refusal: As `source.open_dataset`, or a file is no Parquet although its name says so.
    """
    opened = open_dataset(url, csv, known)
    if not isinstance(opened.format, dataset.ParquetFileFormat):
        return [Piece(n, 0, 0, (fragment,), opened.schema) for n, fragment in enumerate(opened.get_fragments())]
    found: list[Piece] = []
    try:
        for fragment in opened.get_fragments():
            for part, rows in _groups(fragment, most):
                last = found[-1] if found else None
                if last and last.rows + rows <= most:
                    found[-1] = replace(last, rows=last.rows + rows, fragments=(*last.fragments, part))
                else:
                    found.append(Piece(len(found), last.first + last.rows if last else 0, rows, (part,), opened.schema))
    except pa.ArrowException as error:
        raise unreadable(url, csv, error) from None
    return found


def of_parquet(url: str, csv: Csv, most: int) -> list[Piece]:
    """Cuts as `cut`, but only what has rows that can be counted.

    Raises:
        UsageError: The input is CSV, or has no rows.
    """
    found = cut(url, csv, most)
    if found and not found[0].rows:
        raise UsageError(
            f"{address(url)} is CSV, whose rows can't be counted without reading them: bring it in by `scale ingest`."
        )
    if not found:
        raise UsageError(f"{address(url)} has columns but no rows.")
    return found


def read(piece: Piece) -> Iterator[pa.Table]:
    """Yields the rows of a piece in batches, on this thread alone."""
    ahead = {"use_threads": False, "batch_readahead": 0, "fragment_readahead": 0}
    for fragment in piece.fragments:
        parquet = isinstance(fragment, dataset.ParquetFileFragment)
        options = {"fragment_scan_options": LITTLE} if parquet else {}
        for batch in fragment.to_batches(schema=piece.schema, batch_size=BATCH_ROWS, **ahead, **options):
            if len(batch):
                yield pa.Table.from_batches([batch])


def as_whole(table: pa.Table, with_nulls: set[str]) -> pd.DataFrame:
    """Returns a piece as the frame of all rows would have it: integers become floats where any piece lacks one."""
    frame = table.to_pandas()
    for name in with_nulls & set(frame.columns):
        if pa.types.is_integer(table.schema.field(name).type):
            frame[name] = frame[name].astype("float64")
        elif pa.types.is_boolean(table.schema.field(name).type):
            frame[name] = frame[name].astype("object")
    return frame
