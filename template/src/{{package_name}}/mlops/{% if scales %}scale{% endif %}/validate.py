"""`scale validate`: parts against the contract, as stage `validate` does with one file; a closed gate ends with 3."""

import logging

from ... import project
from ..core import params
from ..core.paths import VALIDATION
from ..validation import checkpoint
from . import cluster, doubles, parts, pieces, settings, tallies
from .pieces import Piece

VERDICT = VALIDATION.with_name("scale_validation.json")
log = logging.getLogger(__name__)


def nulls(cut: list[Piece]) -> set[str]:
    """Returns the columns that lack a value anywhere, by the footers of the files; those that don't say so, too."""
    found: set[str] = set()
    for piece in cut:
        for fragment in piece.fragments:
            for group in fragment.row_groups:
                footer = fragment.metadata.row_group(group.id)
                chunks = [footer.column(number) for number in range(footer.num_columns)]
                found |= {c.path_in_schema for c in chunks if c.statistics is None or c.statistics.null_count}
    return found


def run(url: str) -> None:
    """Checks all parts.

    Raises:
        Refusal: As stage `validate`, or the parts are not all there.
    """
    parts.demand_finished(url)
    chosen, contract_ = settings.load(), project.contract()
    _, unique, number = tallies.mergeable(contract_)
    cut = pieces.of_parquet(url, params.load().ingest.csv, chosen.piece_rows)
    rows = sum(piece.rows for piece in cut)
    with cluster.started(chosen.workers):
        known, lacking = cluster.shared(contract_), cluster.shared(nulls(cut))
        found = tallies.merged(cluster.each(tallies.of_piece, [(piece, known, lacking) for piece in cut]))
        found += [doubles.tally(cut, name) for name in unique if name in cut[0].schema.names]
    least = params.load().validate_.min_rows
    for told in found:
        if told.kind == checkpoint.ROWS:
            told.success, told.result = rows >= least, {"observed_value": rows}
    checkpoint.judge(tallies.failures(found, rows), rows, number, VERDICT, str(VERDICT))
