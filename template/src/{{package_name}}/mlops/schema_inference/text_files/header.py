"""Refuses a text file whose first line has no names of columns, but the values of a row."""

import io
from itertools import pairwise

from ...core.errors import UsageError
from ...core.params import Csv
from ...core.untrusted_text import address, value
from . import surroundings

# A number is no name if it lies among the numbers below it, or near by as in a count; in so many of their columns.
SHARE, NEAR = 0.8, 0.1


def _numbers(texts: list[str]) -> list[float]:
    """Returns the numbers of a column; none if one of its values is no number."""
    try:
        return [float(text.replace(",", ".")) for text in texts if text.strip()]
    except ValueError:
        return []


def _ordered(numbers: list[float]) -> bool:
    """Whether numbers rise or fall, as years and bins do that are names of columns."""
    steps = [after - before for before, after in pairwise(numbers)]
    return min(steps, default=1) > 0 or max(steps, default=-1) < 0


def _among(number: float, numbers: list[float]) -> bool:
    low, high = min(numbers), max(numbers)
    margin = NEAR * (high - low)
    return low - margin <= number <= high + margin


def _is_row(first: list[str], rows: list[list[str]]) -> bool:
    """Whether the first line is built as those below it are.

    A text that stands below itself is a value, and so are numbers among those below them that are in no order.
    """
    columns = [(name, below) for name, *below in zip(first, *rows, strict=True)]
    read = [(_numbers([name]), _numbers(below)) for name, below in columns]
    numbered = [(name[0], below) for name, below in read if name and below]
    texts = [name in below for (name, below), numbers in zip(columns, read, strict=True) if not all(numbers)]
    repeated = bool(texts) and all(texts) and first not in rows
    if not numbered:
        return repeated
    among = [_among(name, below) for name, below in numbered]
    return sum(among) >= SHARE * len(among) and (repeated or not _ordered([name for name, _ in numbered]))


def demand(text: str, found: Csv, url: str) -> None:
    """Refuses a table without a header.

    Args:
        text: The first lines of the file, those above the table too.
        found: How the file is written.
        url: Of the file, for what is said.

    Raises:
        UsageError: Its first line holds values.
    """
    lines = io.StringIO(text, newline="").readlines()[found.skip_lines :]
    if found.comment:
        lines = [line for line in lines if not line.startswith(found.comment)]
    first, *rows = surroundings.split(lines, found.delimiter) or [[]]
    rows = [row for row in rows if len(row) == len(first)]
    if len(first) > 1 and len(rows) > 2 and _is_row(first, rows):
        shown = ", ".join(map(value, first[:3]))
        raise UsageError(
            f"{address(url)}, line {found.skip_lines + 1}: values ({shown}) where the names of the columns should "
            "be: write a line with the names above it."
        )
