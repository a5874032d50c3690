"""Labels that come late: which they are, and to which predictions they belong."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...roles import EventTime, Id
from ..contract.casting import to_kind
from ..contract.columns import Contract
from ..contract.frame import target_labels
from ..contract.log_schema import ADDED
from ..core import params
from ..core.errors import UsageError
from ..core.untrusted_text import address, unquoted, value
from ..data.source import Source, open_source, unreadable
from ..models.prediction import encode_labels
from .settings import Monitor

KEPT = 10  # times `max_rows` labels are joined; of more, those with the smallest hashes


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
class Labels:
    """What became known: by which columns it is joined, hashes of those in ascending order, and the truth of each."""

    by: list[str]
    keys: np.ndarray
    truth: np.ndarray

    def join(self, table: pa.Table) -> pa.Table:
        """Returns the predictions whose truth is known, with it as column `_truth`."""
        found = keys(table, self.by)
        places = np.searchsorted(self.keys, found).clip(max=len(self.keys) - 1)
        hit = self.keys[places] == found
        return table.filter(pa.array(hit)).append_column("_truth", pa.array(self.truth[places[hit]]))


def _key(names: list[str], log: tuple[str, ...], contract: Contract, path: str) -> list[str]:
    """Chooses what to join by: request and row in it, else the contract's ids, with their time where both have it."""
    if {"_request_id", "_row"} <= set(log) and "_request_id" in names:
        return ["_request_id", "_row"]
    ids = [column.name for column in contract.columns_with_role(Id)]
    if not ids or not set(ids) <= set(names) & set(log):
        raise UsageError(
            f"the labels in {address(path)} can't be joined: they and the predictions need _request_id and _row"
            f"{', or ' + ' and '.join(ids) if ids else ''}."
        )
    return [*ids, *(c.name for c in contract.columns_with_role(EventTime) if c.name in names and c.name in log)]


def _typed(table: pa.Table, by: list[str], contract: Contract, csv: params.Csv) -> pa.Table:
    """Casts what is joined by and the label; a request whose row is not named has one row."""
    columns = {column.name: column for column in contract.columns}
    if "_row" in by and "_row" not in table.column_names:
        table = table.append_column("_row", pa.array(np.zeros(len(table), dtype=np.int64)))
    typed = {
        name: to_kind(table[name], columns[name], csv.decimal, csv.time_format)
        if name in columns
        else table[name].cast(ADDED[name])
        for name in [*by, contract.target.name]
    }
    return pa.table(typed).filter(pc.is_valid(typed[contract.target.name]))


def _truth(table: pa.Table, contract: Contract) -> np.ndarray:
    labels = target_labels(table, contract)
    if not contract.classes:
        return labels
    strange = sorted({str(label) for label in np.unique(labels).tolist() if label not in contract.classes})
    if strange:
        some, name = ", ".join(map(value, strange[:3])), contract.target.name
        raise UsageError(f"the labels hold {some}, which {name} can't be: correct them.")
    return encode_labels(labels, contract.classes) if len(labels) else np.empty(0, dtype=np.int64)


def _distinct(hashes: np.ndarray, truth: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns the smallest hashes with their truth, in ascending order; what was said twice, once."""
    order = np.lexsort((truth, hashes))
    hashes, truth = hashes[order], truth[order]
    new = np.ones(len(hashes), dtype=bool)
    new[1:] = (hashes[1:] != hashes[:-1]) | (truth[1:] != truth[:-1])
    return hashes[new][:most], truth[new][:most]


def _batches(opened: Source, path: str, csv: params.Csv) -> Iterator[pa.RecordBatch]:
    try:
        yield from opened.batches
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise unreadable(path, csv, error) from None


def read(path: str, log: tuple[str, ...], contract: Contract, settings: Monitor) -> Labels:
    """Reads the labels that are known; of very many, an unbiased part, chosen by the hash of what they are joined by.

    Args:
        path: A file or folder of CSV or Parquet, or an address that `ingest.source` could hold.
        log: The columns of the predictions.
        contract: The columns.
        settings: How many rows are drawn.

    Raises:
        UsageError: There are none, they can't be joined or read, or contradict each other.
    """
    csv, target, most = params.load().ingest.csv, contract.target.name, KEPT * settings.max_rows
    opened = open_source(params.Ingest(source=path, watch=path, csv=csv))
    if target not in opened.names:
        raise UsageError(
            f"{address(path)} has no column {target}: it must hold the labels and what they are joined by."
        )
    by = _key(opened.names, log, contract, path)
    hashes, truth, largest = np.empty(0, dtype=np.uint64), np.empty(0), np.uint64(2**64 - 1)
    for batch in _batches(opened, path, csv):
        try:
            table = _typed(pa.Table.from_batches([batch]), by, contract, csv)
        except pa.ArrowInvalid as error:
            raise UsageError(f"{address(path)}: {unquoted(error)}: correct the labels.") from None
        new = keys(table, by)
        kept = (new > 0) & (new <= largest)
        hashes = np.concatenate([hashes, new[kept]])
        truth = np.concatenate([truth, _truth(table, contract)[kept]])
        if len(hashes) > 4 * most:
            hashes, truth = _distinct(hashes, truth, 2 * most)
            largest = hashes[-1]
    hashes, truth = _distinct(hashes, truth, most)
    twice = int((hashes[1:] == hashes[:-1]).sum())
    if twice:
        raise UsageError(
            f"{address(path)} gives {twice:,} rows two different labels each ({', '.join(by)}): correct the labels."
        )
    if not len(hashes):
        raise UsageError(f"{address(path)} holds no label: leave monitor.labels empty until there are some.")
    return Labels(by, hashes, truth)
