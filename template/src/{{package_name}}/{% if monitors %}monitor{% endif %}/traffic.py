"""Reads the prediction log in one pass and constant memory: counts all rows, keeps a drawn few.

The few are a simple random sample: each row gets a random key, and those with the smallest are kept, so that neither
the order of the rows nor their number need be known. What breaks the contract is counted on all rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import dataset as ds

from ..contract import Column, Contract
from ..parse import to_kind
from ..roles import EventTime
from ..stage import Refusal
from .settings import LOG

BATCH_ROWS = 131_072


class Draw:
    """Keeps at most `size` rows of a stream, every set of so many rows being equally likely."""

    def __init__(self, size: int, seed: int) -> None:
        """Begins with no rows."""
        self.size, self.seen = size, 0
        self._rng = np.random.default_rng(seed)
        self._keys, self._largest = np.empty(0), 1.0
        self._rows: list[pa.Table] = []

    def add(self, table: pa.Table) -> None:
        """Takes in further rows."""
        self.seen += len(table)
        keys = self._rng.random(len(table))
        chosen = np.flatnonzero(keys < self._largest)
        self._keys = np.concatenate([self._keys, keys[chosen]])
        self._rows.append(table.take(chosen))
        if len(self._keys) > 2 * self.size:
            self._shrink()

    def _shrink(self) -> None:
        rows = pa.concat_tables(self._rows)
        if len(rows) > self.size:
            kept = np.sort(np.argpartition(self._keys, self.size)[: self.size])
            self._keys, rows = self._keys[kept], rows.take(kept).combine_chunks()
            self._largest = float(self._keys.max())
        self._rows = [rows]

    def rows(self) -> pa.Table | None:
        """Returns the rows that were kept, in the order in which they came; None where there was none to take in."""
        if self._rows:
            self._shrink()
        return self._rows[0] if self._rows else None


@dataclass
class Tally:
    """How many values of a column are missing, or are not what the contract allows, and some of the latter."""

    missing: int = 0
    bad: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, values: pa.ChunkedArray, column: Column) -> None:
        """Counts further values."""
        self.missing += values.null_count
        wrong = _wrong(values, column)
        found = pc.sum(wrong).as_py() or 0 if wrong is not None else 0
        if found and len(self.examples) < 3:
            new = map(str, values.filter(wrong).slice(0, 100).unique().to_pylist())
            self.examples = list(dict.fromkeys([*self.examples, *new]))[:3]
        self.bad += found


def _wrong(values: pa.ChunkedArray, column: Column) -> pa.ChunkedArray | None:
    """Marks what is outside the limits or no known category; None where anything goes."""
    if column.categories:
        known = pc.is_in(values, value_set=pa.array(column.categories, column.arrow))
        return pc.and_(pc.is_valid(values), pc.invert(known))
    wrong = None
    for limit, beyond in ((column.minimum, pc.less), (column.maximum, pc.greater)):
        if limit is not None:
            out = beyond(values, limit)
            wrong = out if wrong is None else pc.or_(wrong, out)
    return wrong


def keys(table: pa.Table, names: list[str]) -> np.ndarray:
    """Returns a 64-bit hash of the named columns of each row, shape (rows,); 0 where one of them is missing."""
    texts = [
        (table[name].cast(pa.int64()) if pa.types.is_timestamp(table[name].type) else table[name]).cast(pa.string())
        for name in names
    ]
    joined = pc.binary_join_element_wise(*texts, "\x1f")
    hashes = pd.util.hash_array(joined.to_numpy(zero_copy_only=False).astype(object), categorize=False)
    return np.where(pc.is_valid(joined).to_numpy(), hashes, np.uint64(0))


@dataclass(frozen=True)
class Traffic:
    """An opened prediction log: the rows since a time that the version that answered last answered.

    Attributes:
        names: The columns of the contract and of the log that it has.
        version: The version of the model; None where the log does not say.
        others: How many rows other versions answered; they are left out.
    """

    path: str
    names: tuple[str, ...]
    version: str | None
    others: int
    _dataset: ds.Dataset = field(repr=False)
    _filter: ds.Expression | None = field(repr=False)
    _columns: tuple[Column, ...] = field(repr=False)

    @property
    def checked(self) -> list[Column]:
        """The columns that are held against the contract: those that are there, and all features."""
        return [column for column in self._columns if column.name in self.names or column.is_feature]

    def batches(self) -> Iterator[pa.Table]:
        """Yields the rows in the types of the contract; a feature that is absent is missing everywhere.

        Raises:
            Refusal: A column can't be read as what the contract says it is.
        """
        scanned = self._dataset.to_batches(
            columns=list(self.names),
            filter=self._filter,
            batch_size=BATCH_ROWS,
            batch_readahead=2,
            fragment_readahead=2,
        )
        for batch in scanned:
            if len(batch):
                yield self._typed(pa.Table.from_batches([batch]))

    def _typed(self, table: pa.Table) -> pa.Table:
        arrays: dict[str, Any] = {}
        for column in self.checked:
            if column.name in self.names:
                try:
                    arrays[column.name] = to_kind(table[column.name], column)
                except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
                    raise Refusal(
                        f"{self.path}: column {column.name} can't be read as {column.kind} "
                        f"({' '.join(str(error).split())[:120]}): write it as the contract has it."
                    ) from None
            else:
                arrays[column.name] = pa.nulls(len(table), column.arrow)
        logged = {name: table[name].cast(kind) for name, kind in LOG.items() if name in self.names}
        return pa.table(arrays | logged)


def _opened(path: str) -> ds.Dataset:
    try:
        found = ds.dataset(path, format="parquet")
        if not found.files:
            raise FileNotFoundError
        schemas = [fragment.physical_schema for fragment in found.get_fragments()]
        return ds.dataset(path, format="parquet", schema=pa.unify_schemas(schemas, promote_options="permissive"))
    except FileNotFoundError:
        raise Refusal(
            f"there are no predictions in {path}: let the service or batch scoring write some, or name a file or "
            "folder of Parquet with --predictions or monitor.predictions."
        ) from None
    except (pa.ArrowException, OSError) as error:
        raise Refusal(
            f"{path} can't be read as Parquet ({' '.join(str(error).split())[:160]}): correct --predictions."
        ) from None


def time_column(names: tuple[str, ...], contract: Contract) -> str | None:
    """Returns the column that says when a prediction was made: the log's, else the contract's, else None."""
    return next((name for name in ("_time", *(c.name for c in contract.having(EventTime))) if name in names), None)


def _versions(opened: ds.Dataset, kept: ds.Expression | None) -> list[tuple[str | None, int]]:
    """Returns the versions and their rows, the one that answered last first."""
    table = opened.to_table(columns=["_model_version", "_time"], filter=kept)
    found = table.group_by("_model_version").aggregate([("_time", "max"), ("_time", "count")])
    ordered = found.sort_by([("_time_max", "descending")])
    return list(zip(ordered["_model_version"].to_pylist(), ordered["_time_count"].to_pylist(), strict=True))


def open_log(path: str, contract: Contract, since: datetime | None) -> Traffic:
    """Opens a file or folder of predictions.

    Args:
        path: Parquet files in the schema of the prediction log, or with the contract's columns only.
        contract: The columns.
        since: Earlier rows are left out; UTC.

    Raises:
        Refusal: There is none, it is no Parquet, or has no column of the contract.
    """
    opened = _opened(path)
    columns = tuple(column for column in contract.columns if column != contract.target)
    names = tuple(name for name in [*(c.name for c in columns), *LOG] if name in opened.schema.names)
    if not any(column.name in names for column in contract.features):
        raise Refusal(f"{path} has no feature of the contract, only {', '.join(opened.schema.names[:3])}: correct it.")
    kept, when = None, time_column(names, contract)
    if since:
        if when is None:
            raise Refusal(f"--since needs a time, but {path} has neither _time nor the contract's event time.")
        kept = ds.field(when) >= pa.scalar(since, pa.timestamp("us"))
    version, others = None, 0
    if {"_model_version", "_time"} <= set(names):
        found = _versions(opened, kept)
        if found and found[0][0] is not None:
            version, others = found[0][0], sum(rows for _, rows in found[1:])
            latest = ds.field("_model_version") == version
            kept = latest if kept is None else kept & latest
    return Traffic(path, names, version, others, opened, kept, columns)
