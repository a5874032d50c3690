"""`scale sample`: draws as many rows as training has memory for, evenly from all, and says the error of that."""

import logging
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ... import project
from ..core import params
from ..core.atomic import replacing
from ..core.errors import UsageError
from ..core.untrusted_text import address
from . import cluster, parts, pieces, settings
from .pieces import Piece

# Training on one machine holds a row so many times (docs/reference/performance.md of the template: 10M rows, 4.9 GB).
TIMES = 6
log = logging.getLogger(__name__)


def draw(piece: Piece, share: float, seed: int, target: str) -> tuple[pa.Table, Counter[object]]:
    """Returns the rows that chance keeps, and how often each value of the target occurs in the whole piece."""
    rng, counts = np.random.default_rng([seed, piece.number]), Counter[object]()
    kept = []
    for table in pieces.read(piece):
        kept.append(table.filter(pa.array(rng.random(len(table)) < share)))
        found = table[target].value_counts()
        counts.update({pair["values"]: pair["counts"] for pair in found.to_pylist()})
    return pa.concat_tables(kept), counts


def fitting(cut: list[Piece], memory_gb: float) -> int:
    """Returns how many rows training has memory for, by the size of the first ones."""
    first = next(pieces.read(cut[0]))
    return int(memory_gb * 1e9 / TIMES / (first.nbytes / len(first)))


def errors(found: Counter[object], kept: int) -> str:
    """Says how far chance lets the share of each class be off: one standard error."""
    rows = sum(found.values())
    shares = {value: number / rows for value, number in found.items()}
    return ", ".join(
        f"{value} {share:.4f} +- {(share * (1 - share) / kept * (1 - kept / rows)) ** 0.5:.4f}"
        for value, share in sorted(shares.items(), key=lambda item: str(item[0]))
    )


def run(url: str, file: Path) -> None:
    """Writes the sample as one Parquet file, for `ingest.source`.

    Raises:
        UsageError: Everything fits, so that a sample would only lose; or the input has no target.
    """
    parts.demand_finished(url)
    chosen, all_, contract_ = settings.load(), params.load(), project.contract()
    cut = pieces.of_parquet(url, all_.ingest.csv, chosen.piece_rows)
    target = contract_.target.name
    if target not in cut[0].schema.names:
        raise UsageError(f"{address(url)} has no column {target}, the target: rows without it can't train a model.")
    rows, most = sum(piece.rows for piece in cut), fitting(cut, chosen.memory_gb)
    if rows <= most:
        raise UsageError(
            f"all {rows:,} rows fit into scale.memory_gb, {chosen.memory_gb:g} GB, which is enough for {most:,}: "
            "make the folder ingest.source and ingest.watch, and train on all."
        )
    with cluster.started(chosen.workers):
        calls = [(piece, most / rows, all_.split.seed, target) for piece in cut]
        drawn = cluster.each(draw, calls)
    table = pa.concat_tables(part for part, _ in drawn)
    with replacing(file) as beside:
        pq.write_table(table, beside)
    log.info("drew %s of %s rows into %s", f"{len(table):,}", f"{rows:,}", file)
    if contract_.classes:
        counts: Counter[object] = sum((found for _, found in drawn), Counter())
        told = errors(counts, len(table))
        log.info("share of %s in all rows, with its standard error in the sample: %s", target, told)
