"""Finds where the table of a text file begins, and which sign separates its columns."""

import csv
import io
import re
from itertools import islice

from ...core.params import Csv
from ...data.text_files.layout import NUMBER, recognize

DELIMITERS = (",", ";", "\t", "|", "^", " ")
SEPARATOR = re.compile(r'"?sep=(.)"?\r?\n?')  # Excel's
# A title is no longer; so many lines show how a table is built.
MAX_TITLE, LINES = 20, 200
# A header is one if so many of the lines after it have as many fields. Of words, nearly all must.
SHARE, SHARE_OF_WORDS = 0.8, 0.95


def split(lines: list[str], sign: str) -> list[list[str]]:
    """Splits lines at a delimiter; at most `LINES` of them, blank ones left out."""
    spaces = sign == " "
    text = (line.strip(" \r\n") + "\n" for line in lines) if spaces else lines
    try:
        return list(islice(filter(None, csv.reader(text, delimiter=sign, skipinitialspace=spaces)), LINES))
    except csv.Error:
        return []


def _fit(lines: list[str], sign: str) -> tuple[float, int]:
    """Returns how many lines have as many fields as the first has or means, as a share, and how many these are."""
    rows = split(lines, sign)
    layout = recognize(rows[:101])
    width = len(layout.names)
    if len(rows) < 2 or width < 2:
        return 0.0, 0
    widths = {len(rows[1]), width} if not layout.plain else {width}
    share = (1 + sum(len(row) in widths for row in rows[1:])) / len(rows)
    return (share, width) if sign != " " or share >= SHARE_OF_WORDS else (0.0, 0)


def _may_begin(lines: list[str], sign: str, skip: int) -> bool:
    """Whether the first line may be the header: no comment above it, and below other lines no row of numbers."""
    rows = split(lines[:50], sign)
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
    comment = "#" if remarks and all(len(row) != width for row in split(remarks, sign)) else None
    return Csv(delimiter=sign, skip_lines=skip, comment=comment)
