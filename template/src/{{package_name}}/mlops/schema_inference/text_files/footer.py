"""Finds where the table of a text file ends: remarks and sums are below it."""

import codecs
import io
import os
import re

from ...core.errors import UsageError
from ...core.params import Csv
from ...core.untrusted_text import address
from ...data.storage import files, head, tails
from ...data.text_files.layout import NUMBER, look
from ...data.text_files.lines import lines_from_header
from . import surroundings

MAX_FOOTER = 10  # lines
TAIL_BYTES, TAILS = 1 << 16, 50  # of so many files of a folder
TOTAL = re.compile(r"(grand |sub)?(totals?|sums?|summe|gesamt|averages?|means?)( .*)?:?", re.IGNORECASE)


def below(text: str, found: Csv, names: list[str]) -> list[str]:
    """Returns the lines below the table: remarks of one value, and sums.

    Args:
        text: The last lines of the file, at least one of them whole.
        found: How the file is written.
        names: Its columns.
    """
    lines = io.StringIO(text, newline="").readlines()[-surroundings.LINES :]
    if found.comment:
        lines = [line for line in lines if not line.startswith(found.comment)]
    rows = surroundings.split(lines, found.delimiter)
    width = len(names)
    count = 0
    while count < min(MAX_FOOTER, len(rows) - 2) and width > 1 and len(rows[-1 - count]) == 1:
        count += 1
    whole = [row for row in rows[: len(rows) - count] if len(row) >= width and row != names]
    last = rows[-1 - count] if len(rows) > count else []
    above = {value.strip() for row in whole[:-1] for value in row}
    sums = [value for value in last if TOTAL.fullmatch(value.strip()) and value.strip() not in above]
    gaps = len(last) < width or "" in last or _is_number_above(whole, last)
    if sums and len(whole) > 2 and gaps:
        count += 1
    return [found.delimiter.join(row) for row in rows[len(rows) - count :]]


def _is_number_above(rows: list[list[str]], last: list[str]) -> bool:
    """Whether the text of the last row is in a column of numbers."""
    texts = [at for at, value in enumerate(last) if TOTAL.fullmatch(value.strip())]
    return any(all(NUMBER.fullmatch(row[at]) for row in rows[:-1] if len(row) > at) for at in texts)


def of(url: str, csv: Csv) -> list[str]:
    """Returns the lines below the table, as many in each file of a folder.

    Raises:
        UsageError: One file of a folder has more of them than another.
    """
    filesystem, paths = files(os.path.expandvars(url))
    with lines_from_header(filesystem, paths[0], csv) as lines:
        names = look(lines, csv).names
    ends = [(path, end.decode(_order(csv.encoding, url), "replace")) for path, end in tails(url, TAIL_BYTES, TAILS)]
    found = [(path, below(end.removeprefix("\ufeff"), csv, names)) for path, end in ends]
    (first, left), *others = found
    for path, other in others:
        if len(other) != len(left):
            raise UsageError(
                f"{address(url)}: below the table are {len(left)} lines that are no rows in {address(first)}, and "
                f"{len(other)} in {address(path)}: delete them, ingest.csv.skip_footer is one number for all files."
            )
    return left


def _order(encoding: str, url: str) -> str:
    """Returns the encoding of the middle of a file, which has no byte order mark to tell it."""
    big = encoding == "utf-16" and head(url, 4096).startswith(codecs.BOM_UTF16_BE)
    return "utf-16-be" if big else "utf-16-le" if encoding == "utf-16" else encoding
