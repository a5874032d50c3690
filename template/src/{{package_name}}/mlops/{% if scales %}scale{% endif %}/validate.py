"""`scale validate`: parts against the contract, as stage `validate` does with one file; a closed gate ends with 3."""

import logging
from types import SimpleNamespace
from typing import Any

import pandas as pd

from ... import project
from ..contract import tolerance
from ..contract.columns import Contract
from ..contract.tolerance import Odd
from ..core import params
from ..core.paths import VALIDATION
from ..validation import checkpoint, verdict
from . import cluster, doubles, parts, pieces, settings, tallies
from .pieces import Piece
from .tallies import Tally

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


def listed(
    found: list[Tally], rows: int, contract_: Contract, odd: Odd
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Lists what failed, as `checkpoint.failures` does, and what is tolerated, as `verdict.tolerated` does."""
    entries = []
    for told in found:
        asked = SimpleNamespace(type=told.kind, kwargs=told.asked)
        entries.append(SimpleNamespace(success=told.success, result=told.result, expectation_config=asked))
    nobody, result = pd.DataFrame(columns=[c.name for c in contract_.columns]), SimpleNamespace(results=entries)
    failed = checkpoint.failures(nobody, result)
    types = {told.asked["column"]: told for told in found if told.kind == checkpoint.TYPES}
    for row in failed:
        if row["expectation"] == checkpoint.TYPES.removeprefix("expect_"):
            told = types[row["column"]]
            number, examples = (told.bad, told.examples) if told.bad else told.there
            row["percent"] = round(100 * number / rows, 3)
            row["examples"] = [str(example) for example in dict.fromkeys(examples[:100])][:3]
            row["row"] = told.places[0] + 1 if told.places else None
    return failed, verdict.tolerated(nobody, result, contract_, odd, rows)


def run(url: str) -> None:
    """Checks all parts.

    Raises:
        Refusal: As stage `validate`, or the parts are not all there.
    """
    parts.demand_finished(url)
    chosen, contract_, said = settings.load(), project.contract(), params.load()
    share = said.validate_.tolerate
    _, unique, number = tallies.mergeable(contract_, share)
    cut = pieces.of_parquet(url, said.ingest.csv, chosen.piece_rows)
    rows = sum(piece.rows for piece in cut)
    with cluster.started(chosen.workers):
        shared = [cluster.shared(each) for each in (contract_, nulls(cut), said.ingest.csv)]
        found = tallies.merged(cluster.each(tallies.of_piece, [(piece, share, *shared) for piece in cut]))
        found += [doubles.tally(cut, name) for name in unique if name in cut[0].schema.names]
    for told in found:
        if told.kind == checkpoint.ROWS:
            told.success, told.result = rows >= said.validate_.min_rows, {"observed_value": rows}
    failed, allowed = listed(found, rows, contract_, tolerance.recalled(cut[0].schema))
    verdict.judge(failed, allowed, rows, number, VERDICT, str(VERDICT))
