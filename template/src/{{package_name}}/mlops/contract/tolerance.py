"""Which bad values are tolerated; odd ones, which can't be read in the type of their column, count as missing.

A table remembers these in the metadata of its schema, so that `validate` can report what is not in the rows any more.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...roles import EventTime, Id, Target
from ..core.params import Csv
from .casting import unreadable
from .columns import Column, Contract

EXACT = (Id, Target, EventTime)  # rows are joined, learned from and split by them
KEY, SHOWN = b"odd_values", 3


@dataclass(frozen=True)
class OddValues:
    """The unreadable values of a column.

    Attributes:
        texts: The different ones, the first in the data first.
        rows: How many rows have one.
        row: The first of these rows, counted from 1.
    """

    texts: tuple[str, ...]
    rows: int
    row: int


Odd = dict[str, OddValues]


def tolerated(column: Column, share: float) -> float:
    """Returns the share of a column's values that may be bad, 0 where none may be."""
    return 0.0 if any(column.role(role) for role in EXACT) else share


def find(values: pa.ChunkedArray, column: Column, csv: Csv, before: int = 0) -> OddValues | None:
    """Returns the unreadable values of a column of texts, behind so many rows, or None if there are none."""
    wrong = pc.is_in(values, value_set=unreadable(values, column, csv.decimal, csv.time_format))
    if not pc.any(wrong, min_count=0).as_py():
        return None
    odd = values.filter(wrong)
    return OddValues(tuple(odd.unique().to_pylist()), len(odd), before + pc.index(wrong, True).as_py() + 1)


def merged(parts: Sequence[OddValues]) -> OddValues:
    """Returns what the parts of a column have together."""
    texts = dict.fromkeys(text for part in parts for text in part.texts)
    return OddValues(tuple(texts), sum(part.rows for part in parts), min(part.row for part in parts))


def single(found: dict[str, list[OddValues]], contract_: Contract, rows: int, share: float) -> Odd:
    """Returns what is tolerated, by column.

    Args:
        found: What the parts of each column have; nothing, if its values can be read one by one but not together.
        contract_: The columns.
        rows: All of them.
        share: Of rows that may have such a value.
    """
    allowed = {column.name: tolerated(column, share) * rows for column in contract_.columns}
    together = {name: merged(parts) for name, parts in found.items() if parts}
    return {name: odd for name, odd in together.items() if odd.rows <= allowed[name]}


def in_file(path: Path, names: Iterable[str], contract_: Contract, csv: Csv, before: int = 0) -> Odd:
    """Returns the unreadable values of columns that stayed text in a Parquet file."""
    columns = {column.name: column for column in contract_.columns}
    found = {name: find(pq.read_table(path, columns=[name])[name], columns[name], csv, before) for name in names}
    return {name: odd for name, odd in found.items() if odd}


def without(table: pa.Table, odd: Odd) -> pa.Table:
    """Returns raw rows in which these values are missing."""
    for name in odd.keys() & set(table.column_names):
        values = table[name]
        wrong = pc.is_in(values.cast(pa.string()), value_set=pa.array(odd[name].texts))
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, pc.if_else(wrong, pa.scalar(None, values.type), values))
    return table


def remembered(odd: Odd) -> dict[bytes, bytes] | None:
    """Returns the metadata of a table that has such values: their numbers, and the first of them."""
    kept = {name: asdict(each) | {"texts": each.texts[:SHOWN]} for name, each in odd.items()}
    return {KEY: json.dumps(kept).encode()} if kept else None


def recalled(schema: pa.Schema) -> Odd:
    """Returns the values that a table remembers."""
    kept = json.loads((schema.metadata or {}).get(KEY, b"{}"))
    return {name: OddValues(tuple(each["texts"]), each["rows"], each["row"]) for name, each in kept.items()}
