"""What Great Expectations finds in one piece, and what the pieces say together, as if it had seen all rows at once."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import SimpleNamespace
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
        there: Of a column of another type: how many values it has, and the first of them.
    """

    kind: str
    asked: dict[str, Any]
    success: bool
    result: dict[str, Any]
    rows: int = 0
    bad: int = 0
    examples: list[Any] = field(default_factory=list)
    there: tuple[int, list[Any]] = (0, [])

    @property
    def key(self) -> str:
        """Tells one expectation from another."""
        return self.kind + json.dumps(self.asked, sort_keys=True, default=str)


def mergeable(contract_: Contract) -> tuple[ExpectationSuite, list[str], int]:
    """Returns the suite of a piece, the columns that must be unique among all, and the number of all expectations.

    Raises:
        UsageError: An expectation of `expectations.py` can't be judged piece by piece.
    """
    whole = suite.build(contract_, 0, project.expectations()).expectations
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


def _tally(entry: Any, frame: pd.DataFrame) -> Tally:
    kind, result = entry.expectation_config.type, dict(entry.result)
    asked = {name: value for name, value in entry.expectation_config.kwargs.items() if name != "batch_id"}
    told = Tally(kind, asked, bool(entry.success), result)
    if kind == checkpoint.TYPES and not told.success and asked["column"] in frame:
        values = frame[asked["column"]].dropna()
        unreadable = values[pd.to_numeric(values, errors="coerce").isna()]
        told.bad, told.examples = len(unreadable), list(unreadable[:100])
        told.there = len(values), list(values[:100])
    elif "unexpected_count" in result:
        missing = 0 if kind.endswith("_to_not_be_null") else result.get("missing_count", 0)
        told.rows, told.bad = result["element_count"] - missing, result["unexpected_count"]
        told.examples = list(result.get("partial_unexpected_list", []))
    return told


def of_piece(piece: Piece, contract_: Contract, with_nulls: set[str]) -> list[Tally]:
    """Holds a piece against the contract."""
    expected, _, _ = mergeable(contract_)
    frame = pieces.as_whole(pa.concat_tables(pieces.read(piece)), with_nulls)
    return [_tally(entry, frame) for entry in checkpoint.check(frame, expected, docs=False).results]


def _together(tallies: list[Tally]) -> Tally:
    first = next((told for told in tallies if not told.success), tallies[0])
    merged = Tally(first.kind, first.asked, first.success, dict(first.result))
    merged.rows, merged.bad = sum(told.rows for told in tallies), sum(told.bad for told in tallies)
    merged.examples = [example for told in tallies for example in told.examples]
    merged.there = sum(told.there[0] for told in tallies), [one for told in tallies for one in told.there[1]]
    if merged.rows:
        merged.success = (merged.rows - merged.bad) / merged.rows >= first.asked.get("mostly", 1)
        merged.result |= {
            "unexpected_percent": 100 * merged.bad / merged.rows,
            "partial_unexpected_list": merged.examples[:EXAMPLES],
        }
    return merged


def merged(found: Iterable[list[Tally]]) -> list[Tally]:
    """Returns what all pieces say together of each expectation."""
    by_key: dict[str, list[Tally]] = {}
    for tallies in found:
        for told in tallies:
            by_key.setdefault(told.key, []).append(told)
    return [_together(tallies) for tallies in by_key.values()]


def failures(tallies: list[Tally], rows: int) -> list[dict[str, Any]]:
    """Lists what failed, as `checkpoint.failures` does."""
    entries = []
    for told in tallies:
        asked = SimpleNamespace(type=told.kind, kwargs=told.asked)
        entries.append(SimpleNamespace(success=told.success, result=told.result, expectation_config=asked))
    names = [column.name for column in project.contract().columns]
    listed = checkpoint.failures(pd.DataFrame(columns=names), SimpleNamespace(results=entries))
    types = {told.asked["column"]: told for told in tallies if told.kind == checkpoint.TYPES}
    for row in listed:
        if row["expectation"] == checkpoint.TYPES.removeprefix("expect_"):
            told = types[row["column"]]
            number, examples = (told.bad, told.examples) if told.bad else told.there
            row["percent"] = round(100 * number / rows, 3)
            row["examples"] = [str(example) for example in dict.fromkeys(examples[:100])][:3]
    return listed
