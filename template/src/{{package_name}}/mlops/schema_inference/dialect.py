"""Finds out how a text file is written: encoding, delimiter, decimal sign, format of the dates."""

import codecs
from collections import Counter
from itertools import product

import pyarrow as pa
import pyarrow.compute as pc

from ..contract.casting import to_kind
from ..contract.columns import Column
from ..core.errors import UsageError
from ..core.params import Csv
from ..core.untrusted_text import address
from .text_files import header, surroundings

HEAD_BYTES = 4 << 20
# What to try where a file turns out not to be in the former; every byte is a character of the last.
NEXT_ENCODING = {"utf-8": "cp1252", "cp1252": "latin-1"}
NO_TEXT = {
    b"PK\x03\x04": "an Excel workbook or a ZIP archive",
    b"\xd0\xcf\x11": "an Excel file",
}
DATES = (
    *("%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d"),
    *("%d %b %Y", "%d-%b-%Y", "%b %d, %Y", "%m/%d/%y", "%d/%m/%y", "%d.%m.%y", "%d-%b-%y"),
)
CLOCKS = ("", " %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p", "T%H:%M:%S")
FORMATS = tuple(map("".join, product(DATES, CLOCKS)))
YEARS = (1900, 2100)


def encoding(head: bytes, url: str) -> str:
    """Guesses the encoding from the first bytes; a byte order mark of UTF-8 is no matter, readers skip it.

    Raises:
        UsageError: It is no text.
    """
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    known = [what for start, what in NO_TEXT.items() if head.startswith(start)]
    if known or b"\0" in head:
        raise UsageError(f"{address(url)} is {known[0] if known else 'no text'}: save its table as CSV or Parquet.")
    found = "utf-8"
    while True:
        try:
            codecs.getincrementaldecoder(found)().decode(head)
            return found
        except UnicodeDecodeError:
            found = NEXT_ENCODING[found]


def form(head: bytes, url: str, asked_delimiter: str | None, asked_encoding: str | None) -> Csv:
    """Finds encoding, delimiter and begin of a table, where they were not given, from the first bytes of its file.

    Raises:
        UsageError: It is no text, the encoding that was given is unknown, or its columns have no names.
    """
    name = asked_encoding or encoding(head, url)
    try:
        text = codecs.getincrementaldecoder(name)(errors="replace").decode(head)
    except LookupError:
        raise UsageError(f"--encoding {name} is no encoding that Python knows: give another, such as cp1252.") from None
    text = text.removeprefix("\ufeff")
    if len(head) == HEAD_BYTES:
        text = text[: text.rfind("\n") + 1]
    found = surroundings.begin(text, asked_delimiter).model_copy(update={"encoding": name})
    header.demand(text, found, url)
    return found


def is_number(texts: pa.ChunkedArray, decimal: str) -> bool:
    """Whether all texts that are there are numbers with that decimal sign."""
    try:
        numbers = to_kind(texts, Column("", "float"), decimal)
    except pa.ArrowInvalid:
        return False
    return bool(numbers.null_count < len(numbers))


def decimal(columns: list[pa.ChunkedArray], separator: str) -> str:
    """Returns the decimal sign with which more columns are numbers; a tie goes to "," only in files that can mean it.

    Args:
        columns: The distinct texts of each column.
        separator: The delimiter of the file.
    """
    with_comma = [texts for texts in columns if pc.any(pc.match_substring(texts, ",")).as_py()]
    if not any(is_number(texts, ",") for texts in with_comma):
        return "."
    with_either = [texts for texts in columns if pc.any(pc.match_substring_regex(texts, "[,.]")).as_py()]
    point, comma = (sum(is_number(texts, sign) for texts in with_either) for sign in (".", ","))
    return "," if comma > point or (comma == point and separator == ";") else "."


def _dates(texts: pa.ChunkedArray, written: str) -> pa.ChunkedArray | None:
    """Reads dates, unless one is in another format or not of this age."""
    try:
        for part in (texts.slice(0, 20), texts):
            dates = pc.strptime(part, format=written, unit="us")
            years = pc.min_max(pc.year(dates)).as_py()
            if not YEARS[0] <= years["min"] <= years["max"] <= YEARS[1]:
                return None
    except pa.ArrowInvalid:
        return None
    return dates


def time_format(columns: list[pa.ChunkedArray], separator: str) -> tuple[str | None, bool]:
    """Chooses one format for the dates of a file that are not in ISO 8601: the one that reads most columns.

    Day and month are told apart by values above 12; where there are none, by which of them takes fewer values, for
    dates of months and quarters are written with one and the same day.

    Args:
        columns: The different texts of each column that may be one of dates.
        separator: The delimiter of the file; with ";" what stays ambiguous is read with the day first.

    Returns:
        The format as for `strptime`, or None; and whether day and month could be the other way round.
    """
    votes, days = Counter[str](), Counter[str]()
    for column in filter(len, columns):
        for written in FORMATS:
            dates = _dates(column, written)
            if dates is not None:
                votes[written] += 1
                days[written] += pc.count_distinct(pc.day(dates)).as_py()
    if not votes:
        return None, False
    best = max(votes.values())
    fewest = min(days[written] for written in votes if votes[written] == best)
    tied = [written for written in FORMATS if votes[written] == best and days[written] == fewest]
    day_first = [written for written in tied if written.startswith("%d")]
    return (day_first or tied)[0] if separator == ";" else tied[0], len(tied) > 1
