"""Writes the input and its answers as one file that other people open: `make score FROM=customers.csv TO=answers.xlsx`.

The file has the columns of the input as they were, and behind them `<target>_predicted` and, of a class,
`<target>_probability`: the positive one's where there are two, else that of the one that was predicted.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv as arrow_csv

from ..core.atomic import replacing
from ..core.errors import UsageError
from ..core.params import Csv

EXCEL_ROWS = 1_048_575  # below the header; https://support.microsoft.com "Excel specifications and limits", 2026-11-30
Pairs = Iterator[tuple[pa.Table, pa.Table]]


def fits(to: Path) -> bool:
    """Whether this is the name of such a file.

    Raises:
        UsageError: It is, but it exists, or what writes it is not installed.
    """
    if to.suffix.lower() not in WRITERS:
        return False
    if to.exists():
        raise UsageError(f"{to} exists: name another file, or remove this one.")
    if to.suffix.lower() == ".xlsx" and find_spec("openpyxl") is None:
        raise UsageError(f"{to} would be an Excel workbook: `uv add openpyxl` to write it, or name a .csv.")
    return True


def _answers(part: pa.Table, facts: dict[str, Any]) -> dict[str, pa.ChunkedArray]:
    target, classes = facts["target"], facts["classes"]
    if not classes:
        return {f"{target}_predicted": part["_value"]}
    place = pc.index_in(part["_label"], value_set=pa.array(map(str, classes), pa.string()))
    return {f"{target}_predicted": pc.take(pa.array(classes), place), f"{target}_probability": part["_value"]}


def _joined(pairs: Pairs, facts: dict[str, Any], *, numbers: bool) -> Iterator[pa.Table]:
    """Yields the rows with their answers, of one schema; `numbers` and times as such where the contract knows them."""
    schema = None
    for raw, part in pairs:
        answers = _answers(part, facts)
        if twice := sorted(answers.keys() & set(raw.column_names)):
            raise UsageError(f"the input has a column {twice[0]}, as the answers have: rename it there.")
        known = {field.name for field in part.schema if not pa.types.is_string(field.type)} if numbers else set()
        columns = {name: part[name] if name in known else raw[name] for name in raw.column_names}
        table = pa.table({**columns, **answers})
        schema = schema or table.schema
        if not table.schema.equals(schema):
            raise UsageError("the files of the input have different columns or types: score them one by one.")
        yield table


def _csv(path: Path, tables: Iterator[pa.Table], csv: Csv) -> None:
    writer = None
    try:
        for table in tables:
            if csv.decimal != ".":
                for at, field in enumerate(table.schema):
                    if pa.types.is_floating(field.type):
                        written = pc.replace_substring(table[field.name].cast(pa.string()), ".", csv.decimal)
                        table = table.set_column(at, field.name, written)
            options = arrow_csv.WriteOptions(delimiter=csv.delimiter)
            writer = writer or arrow_csv.CSVWriter(path, table.schema, write_options=options)
            writer.write_table(table)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise UsageError(f"a column of the input can't be written as CSV ({error}): name a .parquet.") from None
    finally:
        if writer:
            writer.close()


def _parquet(path: Path, tables: Iterator[pa.Table], _: Csv) -> None:
    writer = None
    try:
        for table in tables:
            writer = writer or pq.ParquetWriter(path, table.schema)
            writer.write_table(table)
    finally:
        if writer:
            writer.close()


def _excel(path: Path, tables: Iterator[pa.Table], _: Csv) -> None:
    """Writes a workbook of one sheet; a text that begins with `=` stays a text."""
    openpyxl, cells = import_module("openpyxl"), import_module("openpyxl.cell.cell")  # where a project added it
    book, rows = openpyxl.Workbook(write_only=True), 0
    sheet = book.create_sheet("answers")

    def cell(value: Any) -> Any:
        if value is None or value != value or isinstance(value, bool | int | float | datetime):
            return value if value == value else None
        made = cells.WriteOnlyCell(sheet, cells.ILLEGAL_CHARACTERS_RE.sub("", str(value)))
        made.data_type = "s"
        return made

    for table in tables:
        if not rows:
            sheet.append([cell(name) for name in table.column_names])
        rows += len(table)
        if rows > EXCEL_ROWS:
            raise UsageError(f"Excel holds {EXCEL_ROWS:,} rows: name a .csv or a .parquet.")
        for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
            sheet.append([cell(value) for value in row])
    book.save(path)


WRITERS: dict[str, Callable[[Path, Iterator[pa.Table], Csv], None]] = {
    ".csv": _csv,
    ".parquet": _parquet,
    ".xlsx": _excel,
}


def write(to: Path, pairs: Pairs, facts: dict[str, Any], csv: Csv) -> None:
    """Writes the file, whole or not at all.

    Args:
        to: The file; its suffix says how.
        pairs: Rows as they were read, and the same rows as the prediction log has them.
        facts: Of the bundle.
        csv: How a CSV file is written: as the input.

    Raises:
        UsageError: A column has the name of an answer, files differ, or the format can't hold them.
    """
    suffix = to.suffix.lower()
    with replacing(to) as beside:
        WRITERS[suffix](beside, _joined(pairs, facts, numbers=suffix == ".xlsx"), csv)
