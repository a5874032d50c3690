"""`scale ingest`: brings files into Parquet parts in the types of the contract, as stage `ingest` into one file."""

import logging
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ... import project
from ..contract import tolerance
from ..contract.columns import Contract
from ..contract.tolerance import Odd, OddValues
from ..core import params
from ..core.errors import UsageError
from ..core.untrusted_text import address
from ..data import dataset
from ..data.source import unreadable
from ..data.storage import fingerprint
from . import cluster, parts, pieces, settings
from .pieces import Piece

log = logging.getLogger(__name__)


def bring(
    piece: Piece, contract_: Contract, as_text: set[str], csv: params.Csv, odd: Odd, folder: Path, url: str
) -> None:
    """Writes one part; columns with values that can't be read in their type, and are not in `odd`, stay text."""
    names = [name for name in piece.schema.names if name not in contract_.left_out]
    while True:
        try:
            read = (dataset.convert(table.select(names), contract_, as_text, csv, odd) for table in pieces.read(piece))
            parts.put(folder, piece.number, read)
            return
        except dataset.Unreadable as column:
            as_text = as_text | {column.name}
        except (pa.ArrowInvalid, UnicodeDecodeError) as error:
            raise unreadable(url, csv, error) from None


def _text_in(path: Path, contract_: Contract) -> set[str]:
    """Returns the columns of a part that stayed text against the contract."""
    schema = pq.read_schema(path)
    return {column.name for column in contract_.columns if column.name in schema.names} & {
        field.name for field in schema if pa.types.is_string(field.type)
    } - {column.name for column in contract_.columns if pa.types.is_string(column.arrow)}


def _odd(folder: Path, numbers: list[int], names: set[str], contract_: Contract, csv: params.Csv) -> Odd:
    """Returns the values of columns which stayed text that are so few that they are tolerated."""
    paths, rows = [parts.path(folder, number) for number in numbers], 0
    calls, found = [], dict[str, list[OddValues]]()
    for path in paths:
        calls.append((path, names, contract_, csv, rows))
        rows += pq.read_metadata(path).num_rows
    for one in cluster.each(tolerance.in_file, calls) if names else []:
        for name, each in one.items():
            found.setdefault(name, []).append(each)
    return tolerance.single(found, contract_, rows, params.load().validate_.tolerate)


def run(url: str, folder: Path) -> None:
    """Brings in what is not there yet. A column that stayed text in one part is made text in all.

    Raises:
        UsageError: As stage `ingest`, or the folder holds something else.
    """
    chosen, csv, contract_ = settings.load(), params.load().ingest.csv, project.contract()
    cut = pieces.cut(url, csv, chosen.piece_rows, dataset.known_columns(contract_))
    if not cut:
        raise UsageError(f"{address(url)} has columns but no rows: correct ingest.source in params.yaml.")
    dataset.check_columns(cut[0].schema.names, url, contract_)
    facts = {"input": fingerprint(url), "contract": repr(contract_), "cutting": chosen.piece_rows}
    parts.begin(folder, "data", facts)
    todo, as_text, judged, odd = parts.absent(folder, range(len(cut))), set[str](), set[str](), Odd()
    with cluster.started(chosen.workers):
        expected, readable = cluster.shared(contract_), cluster.shared(csv)
        while True:
            cluster.each(bring, [(cut[n], expected, as_text, readable, odd, folder, url) for n in todo])
            there = [n for n in range(len(cut)) if not parts.absent(folder, [n])]
            found = {n: _text_in(parts.path(folder, n), contract_) for n in there}
            as_text = set().union(*found.values())
            todo = [n for n, text in found.items() if text != as_text]
            if todo:
                continue
            single = _odd(folder, there, as_text - judged, contract_, csv)
            if not single:
                break
            odd, judged, as_text, todo = odd | single, judged | as_text, as_text - set(single), there
    rows = parts.finish(folder, len(cut))
    if not rows:
        raise UsageError(f"{address(url)} has columns but no rows: correct ingest.source in params.yaml.")
    log.info("ingested %s rows from %s", f"{rows:,}", url)
