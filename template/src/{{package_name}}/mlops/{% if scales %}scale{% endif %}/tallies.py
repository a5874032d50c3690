"""What Great Expectations finds in one piece, and what the pieces say together, as if it had seen all rows at once."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pyarrow as pa
from great_expectations.core import ExpectationSuite
from great_expectations.expectations.expectation import (
    ColumnMapExpectation,
    ColumnPairMapExpectation,
    MulticolumnMapExpectation,
)

from ... import project
from ..contract.columns import Contract
from ..core.errors import UsageError
from ..core.params import Csv
from ..validation import checkpoint, suite
from . import pieces
from .pieces import Piece

UNIQUE = "expect_column_values_to_be_unique"
ROW_BY_ROW = (ColumnMapExpectation, ColumnPairMapExpectation, MulticolumnMapExpectation)
# They look at one row after the other, but what they want of a row depends on others.
OF_MANY_ROWS = ("_to_be_increasing", "_to_be_decreasing", "_to_be_unique")
OF_THE_TABLE = (checkpoint.PRESENCE, checkpoint.TYPES, checkpoint.COLUMNS, checkpoint.ROWS)
EXAMPLES = 20  # so many Great Expectations gives itself


@dataclass
class Tally:
    """One expectation, in one piece or in several.

    Attributes:
        kind: Its type.
        asked: What it was asked: column, limits, categories.
        success: Whether it was met.
        result: The rest of what Great Expectations says.
        rows: Values that were looked at.
        bad: Those that failed.
        examples: The first of them.
        places: The rows, counted from 0, that these are in.
        there: Of a column of another type: how many values it has, and the first of them.
    """

    kind: str
    asked: dict[str, Any]
    success: bool
    result: dict[str, Any]
    rows: int = 0
    bad: int = 0
    examples: list[Any] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    there: tuple[int, list[Any]] = (0, [])

    @property
    def key(self) -> str:
        """Tells one expectation from another."""
        return self.kind + json.dumps(self.asked, sort_keys=True, default=str)


def mergeable(contract_: Contract, share: float) -> tuple[ExpectationSuite, list[str], int]:
    """Returns the suite of a piece, the columns that must be unique among all, and the number of all expectations.

    Raises:
        UsageError: An expectation of `expectations.py` can't be judged piece by piece.
    """
    whole = suite.build(contract_, 0, project.expectations(), share).expectations
    unique = [str(one.configuration.kwargs["column"]) for one in whole if one.expectation_type == UNIQUE]
    kept = [one for one in whole if one.expectation_type != UNIQUE]
    for one in kept:
        alone = isinstance(one, ROW_BY_ROW) and not one.expectation_type.endswith(OF_MANY_ROWS)
        if not alone and one.expectation_type not in OF_THE_TABLE:
            raise UsageError(
                f"expectations.py: {one.expectation_type} needs all rows at once, so pieces can't be held against it: "
                "check it on a sample (`scale sample`, then stage `validate`), and take it out here."
            )
    return ExpectationSuite(name="contract", expectations=kept), unique, len(whole)


def _tally(entry: Any, frame: pd.DataFrame, first: int, csv: Csv) -> Tally:
    kind, result = entry.expectation_config.type, dict(entry.result)
    asked = {name: value for name, value in entry.expectation_config.kwargs.items() if name != "batch_id"}
    told = Tally(kind, asked, bool(entry.success), result)
    if kind == checkpoint.TYPES and not told.success and asked["column"] in frame:
        values = frame[asked["column"]].dropna()
        wrong = checkpoint.unreadable(values, asked["type_list"], csv)
        told.bad, told.examples, told.places = len(wrong), list(wrong[:100]), [first + at for at in wrong.index[:1]]
        told.there = len(values), list(values[:100])
    elif "unexpected_count" in result:
        missing = 0 if kind.endswith("_to_not_be_null") else result.get("missing_count", 0)
        told.rows, told.bad = result["element_count"] - missing, result["unexpected_count"]
        told.examples = list(result.get("partial_unexpected_list", []))
        told.places = [first + at for at in result.get("partial_unexpected_index_list") or []]
    return told


def of_piece(piece: Piece, share: float, contract_: Contract, with_nulls: set[str], csv: Csv) -> list[Tally]:
    """Holds a piece against the contract."""
    expected, _, _ = mergeable(contract_, share)
    frame = pieces.as_whole(pa.concat_tables(pieces.read(piece)), with_nulls)
    return [_tally(entry, frame, piece.first, csv) for entry in checkpoint.check(frame, expected).results]


def _together(tallies: list[Tally]) -> Tally:
    first = next((told for told in tallies if not told.success), tallies[0])
    merged = Tally(first.kind, first.asked, first.success, dict(first.result))
    merged.rows, merged.bad = sum(told.rows for told in tallies), sum(told.bad for told in tallies)
    merged.examples = [example for told in tallies for example in told.examples]
    merged.places = [place for told in tallies for place in told.places]
    merged.there = sum(told.there[0] for told in tallies), [one for told in tallies for one in told.there[1]]
    if merged.rows:
        merged.success = (merged.rows - merged.bad) / merged.rows >= first.asked.get("mostly", 1)
        merged.result |= {
            "unexpected_count": merged.bad,
            "unexpected_percent": 100 * merged.bad / merged.rows,
            "partial_unexpected_list": merged.examples[:EXAMPLES],
            "partial_unexpected_index_list": merged.places[:1],
        }
    return merged


def merged(found: Iterable[list[Tally]]) -> list[Tally]:
    """Returns what all pieces say together of each expectation."""
    by_key: dict[str, list[Tally]] = {}
    for tallies in found:
        for told in tallies:
            by_key.setdefault(told.key, []).append(told)
    return [_together(tallies) for tallies in by_key.values()]
