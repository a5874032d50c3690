"""The traffic against the contract: missing values, values outside the limits, unknown categories, rows logged twice.

A service may answer a row with an unknown category, so single ones are no alarm; a share beyond what is allowed is.
"""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..contract.columns import Column, Contract
from ..core.untrusted_text import NAME, value, visible
from .settings import BAD, Finding, Monitor


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


def _beyond(share: float, allowed: float, rows: int) -> bool:
    """Whether a share is larger than allowed, and not by chance: its lower 95 % bound is, too."""
    return share - 1.96 * math.sqrt(share * (1 - share) / rows) > allowed


def _of_column(column: Column, tally: Tally, rows: int, bad_share: float) -> dict[str, Any]:
    missing, wrong, missing_allowed = tally.missing / rows, tally.bad / rows, max(column.missing, bad_share)
    return {
        "missing": missing,
        "missing_allowed": missing_allowed,
        "bad": wrong,
        "bad_allowed": bad_share,
        "examples": tally.examples,
        "alarm": _beyond(missing, missing_allowed, rows) or _beyond(wrong, bad_share, rows),
    }


def measure(
    tallies: dict[str, Tally], requests: np.ndarray | None, rows: int, contract: Contract, settings: Monitor
) -> dict[str, Any]:
    """Puts what was counted beside what is allowed.

    Args:
        tallies: The counts of each column.
        requests: A hash of request, row number and time of each prediction, or None where the log has none.
        rows: How many rows there are.
        contract: The columns.
        settings: What is allowed.
    """
    known = {column.name: column for column in contract.columns}
    columns = {name: _of_column(known[name], tally, rows, settings.bad_share) for name, tally in tallies.items()}
    ordered = np.sort(requests) if requests is not None else np.empty(0)
    twice = int((ordered[1:] == ordered[:-1]).sum())
    return {"columns": columns, "twice": twice / rows, "twice_allowed": settings.bad_share}


def judge(found: dict[str, Any], rows: int) -> list[Finding]:
    """Says what is beyond what is allowed."""
    findings = []
    for column, row in found["columns"].items():
        name = visible(column, NAME)
        if _beyond(row["missing"], row["missing_allowed"], rows):
            findings.append(
                f"{name} is missing in {row['missing']:.1%} of {rows:,} predictions, {row['missing_allowed']:.1%} are "
                "allowed: mend the source of the requests, or the contract if the world has changed."
            )
        if _beyond(row["bad"], row["bad_allowed"], rows):
            findings.append(
                f"{name} is not what the contract allows in {row['bad']:.1%} of {rows:,} predictions "
                f"({', '.join(map(value, row['examples']))}), monitor.bad_share is {row['bad_allowed']:.1%}: mend the "
                "source of the requests, or the contract if the world has changed."
            )
    if _beyond(found["twice"], found["twice_allowed"], rows):
        findings.append(
            f"{found['twice']:.1%} of {rows:,} predictions stand in the log twice, monitor.bad_share is "
            f"{found['twice_allowed']:.1%}: find out what copied them, and remove the copies."
        )
    return [Finding(BAD, f"bad data: {sentence}") for sentence in findings]
