"""Writes a source as Parquet, in the types of the contract.

Single values that can't be read in the type of their column count as missing; where `validate.tolerate` does not allow
as many, the column stays text, for `validate` to refuse with examples. A column that the contract does not know is
kept, for `validate` to refuse by name; those in `schema.LEFT_OUT` are dropped.
"""

import logging
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ..contract import tolerance
from ..contract.casting import to_kind
from ..contract.columns import Contract
from ..contract.tolerance import Odd
from ..core import params
from ..core.atomic import replacing
from ..core.errors import UsageError
from ..core.paths import DATASET
from ..core.untrusted_text import address, value
from .source import Source, open_source, unreadable

log = logging.getLogger(__name__)


class Unreadable(Exception):  # noqa: N818
    """A column turned out not to be of its type, and so must stay text."""

    def __init__(self, name: str) -> None:
        """Names the column."""
        super().__init__(name)
        self.name = name


def convert(
    table: pa.Table, contract_: Contract, as_text: set[str], csv: params.Csv, odd: Odd | None = None
) -> pa.Table:
    """Brings rows into the types of the contract; the columns of `as_text`, and unknown ones, become text.

    Args:
        table: As read.
        contract_: The columns.
        as_text: Columns that are not as the contract has them.
        csv: How values in CSV files are written.
        odd: Values of other columns that count as missing; the table remembers them.

    Raises:
        Unreadable: A value of another column can't be read in its type.
    """
    known = {column.name: column for column in contract_.columns}
    odd = {name: each for name, each in (odd or {}).items() if name not in as_text}
    table, arrays = tolerance.without(table, odd), {}
    for name in table.column_names:
        if name in as_text or name not in known:
            arrays[name] = table[name].cast(pa.string())
            continue
        try:
            arrays[name] = to_kind(table[name], known[name], csv.decimal, csv.time_format)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            raise Unreadable(name) from None
    return pa.table(arrays, metadata=tolerance.remembered(odd))


def known_columns(contract_: Contract) -> set[str]:
    """Returns what a contract names; one of before names of folders were read as columns lacks these."""
    return {*contract_.left_out, *(column.name for column in contract_.columns)}


def check_columns(names: list[str], url: str, contract_: Contract) -> None:
    """Refuses a source that has nothing to do with the contract.

    Raises:
        UsageError: It has none of the contract's columns.
    """
    if not {column.name for column in contract_.columns} & set(names):
        raise UsageError(
            f"{address(url)} has none of the contract's columns, its first are {', '.join(map(value, names[:3]))}: "
            "correct ingest.source or ingest.csv in params.yaml, or write the contract anew with `infer`."
        )


def _stream(source: Source, path: Path, contract_: Contract, as_text: set[str], csv: params.Csv, odd: Odd) -> int:
    """Streams the source into a Parquet file; returns the number of rows."""
    names = [name for name in source.names if name not in contract_.left_out]
    writer, rows = None, 0
    try:
        for batch in source.batches:
            table = convert(pa.Table.from_batches([batch]).select(names), contract_, as_text, csv, odd)
            writer = writer or pq.ParquetWriter(path, table.schema)
            writer.write_table(table)
            rows += len(table)
    finally:
        if writer:
            writer.close()
    return rows


def write(ingest: params.Ingest, path: Path, contract_: Contract, tolerate: float = params.TOLERATED) -> int:
    """Writes the source into a Parquet file; returns the number of rows.

    Args:
        ingest: The source.
        path: Of the file.
        contract_: The columns.
        tolerate: Share of rows that may have an unreadable value in a column.

    Raises:
        UsageError: The source can't be read, has no rows, or has nothing to do with the contract.
    """
    as_text, judged, odd = set[str](), set[str](), Odd()
    known = known_columns(contract_)
    while True:
        source = open_source(ingest, known)
        check_columns(source.names, ingest.source, contract_)
        try:
            rows = _stream(source, path, contract_, as_text, ingest.csv, odd)
        except Unreadable as column:
            as_text.add(column.name)
            continue
        except (pa.ArrowInvalid, UnicodeDecodeError) as error:
            raise unreadable(ingest.source, ingest.csv, error) from None
        if not rows:
            raise UsageError(f"{address(ingest.source)} has columns but no rows: correct ingest.source in params.yaml.")
        found = tolerance.in_file(path, as_text - judged, contract_, ingest.csv)
        single = tolerance.single({name: [each] for name, each in found.items()}, contract_, rows, tolerate)
        if not single:
            return rows
        odd, judged, as_text = odd | single, judged | as_text, as_text - set(single)


def ingest(chosen: params.Ingest, contract_: Contract, tolerate: float = params.TOLERATED) -> None:
    """Brings the source into `data/dataset.parquet`.

    Raises:
        UsageError: As `write`.
    """
    with replacing(DATASET) as beside:
        rows = write(chosen, beside, contract_, tolerate)
    log.info("ingested %s rows from %s", f"{rows:,}", address(chosen.source))
