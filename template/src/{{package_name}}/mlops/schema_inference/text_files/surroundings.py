"""Finds where the table of a text file begins and ends, and which sign separates its columns."""

import csv
import io
import re
from itertools import islice

from ...core.params import Csv
from ...data.text_files.layout import NUMBER, recognize

DELIMITERS = (",", ";", "\t", "|", "^", " ")
SEPARATOR = re.compile(r'"?sep=(.)"?\r?\n?')  # Excel's
# A title is no longer, nor is a footer; so many lines show how a table is built.
MAX_TITLE, MAX_FOOTER, LINES = 20, 10, 200
# A header is one if so many of the lines after it have as many fields. Of words, nearly all must.
SHARE, SHARE_OF_WORDS = 0.8, 0.95
TOTAL = re.compile(r"(grand |sub)?(totals?|sums?|summe|gesamt|averages?|means?)( .*)?:?", re.IGNORECASE)


def _rows(lines: list[str], sign: str) -> list[list[str]]:
    spaces = sign == " "
    text = (line.strip(" \r\n") + "\n" for line in lines) if spaces else lines
    try:
        return list(islice(filter(None, csv.reader(text, delimiter=sign, skipinitialspace=spaces)), LINES))
    except csv.Error:
        return []


def _fit(lines: list[str], sign: str) -> tuple[float, int]:
    """Returns how many lines have as many fields as the first has or means, as a share, and how many these are."""
    rows = _rows(lines, sign)
    layout = recognize(rows[:101])
    width = len(layout.names)
    if len(rows) < 2 or width < 2:
        return 0.0, 0
    widths = {len(rows[1]), width} if not layout.plain else {width}
    share = (1 + sum(len(row) in widths for row in rows[1:])) / len(rows)
    return (share, width) if sign != " " or share >= SHARE_OF_WORDS else (0.0, 0)


def _may_begin(lines: list[str], sign: str, skip: int) -> bool:
    """Whether the first line may be the header: no comment above it, and below other lines no row of numbers."""
    rows = _rows(lines[:50], sign)
    numbers = [any(map(NUMBER.fullmatch, row)) for row in rows]
    if skip and (len(rows) < 4 or numbers[0]):
        return False
    return not (lines[0].startswith("#") and numbers[1:3] == [False, True] and not rows[1][0].startswith("#"))


def _without_comments(lines: list[str]) -> list[str]:
    return lines[:1] + [line for line in lines[1:] if not line.startswith("#")]


def begin(text: str, asked: str | None) -> Csv:
    """Finds the delimiter, how many lines are above the header, and whether lines are comments.

    Args:
        text: The first lines of the file, at least one of them whole.
        asked: The delimiter, if it was given.
    """
    lines = io.StringIO(text, newline="").readlines()[: 2 * LINES]
    first = SEPARATOR.fullmatch(lines[0]) if lines else None
    signs = (asked,) if asked else (first[1],) if first else DELIMITERS
    least = 1 if first else 0
    best = (0.0, 0, signs[0], least)
    for skip in range(least, min(MAX_TITLE, len(lines) - 1) + 1):
        below = _without_comments(lines[skip:])
        fits = [(*_fit(below, sign), sign, skip) for sign in signs if _may_begin(lines[skip:], sign, skip)]
        here = max(fits, key=lambda fit: fit[:2], default=best)
        best = max(best, here, key=lambda fit: fit[:2])
        if here[0] >= SHARE:
            best = here
            break
    share, width, sign, skip = best
    skip = skip if share >= SHARE else least
    remarks = [line for line in lines[skip + 1 :] if line.startswith("#")]
    comment = "#" if remarks and all(len(row) != width for row in _rows(remarks, sign)) else None
    return Csv(delimiter=sign, skip_lines=skip, comment=comment)


def footer(text: str, found: Csv, names: list[str]) -> list[str]:
    """Returns the lines below the table: remarks of one value, and sums.

    Args:
        text: The last lines of the file, at least one of them whole.
        found: How the file is written.
        names: Its columns.
    """
    lines = io.StringIO(text, newline="").readlines()[-LINES:]
    if found.comment:
        lines = [line for line in lines if not line.startswith(found.comment)]
    rows = _rows(lines, found.delimiter)
    width = len(names)
    below = 0
    while below < min(MAX_FOOTER, len(rows) - 2) and width > 1 and len(rows[-1 - below]) == 1:
        below += 1
    whole = [row for row in rows[: len(rows) - below] if len(row) >= width and row != names]
    last = rows[-1 - below] if len(rows) > below else []
    above = {value.strip() for row in whole[:-1] for value in row}
    sums = [value for value in last if TOTAL.fullmatch(value.strip()) and value.strip() not in above]
    gaps = len(last) < width or "" in last or _is_number_above(whole, last)
    if sums and len(whole) > 2 and gaps:
        below += 1
    return [found.delimiter.join(row) for row in rows[len(rows) - below :]]


def _is_number_above(rows: list[list[str]], last: list[str]) -> bool:
    """Whether the text of the last row is in a column of numbers."""
    texts = [at for at, value in enumerate(last) if TOTAL.fullmatch(value.strip())]
    return any(all(NUMBER.fullmatch(row[at]) for row in rows[:-1] if len(row) > at) for at in texts)
