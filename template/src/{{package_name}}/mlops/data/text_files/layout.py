"""Reads the rows of a text file as they are meant: an index without a name, delimiters at the end of each line."""

import csv as csv_rows
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import pyarrow as pa

from ...core.errors import Refusal
from ...core.params import Csv
from ...core.untrusted_text import address

# As many rows show how the lines of a file are built.
SEEN = 100
NUMBER = re.compile(r"\s*[+-]?\d[\d.,]*(e[+-]?\d+)?\s*", re.IGNORECASE)
FRACTION = re.compile(r"[+-]?\d+[.,]\d+")


@dataclass(frozen=True)
class Layout:
    """How the lines of a file are built.

    Attributes:
        names: The columns; an index that the header has no name for is "".
        trailing: Whether each line ends with a delimiter.
        plain: Whether the header has one name for each value of a line.
    """

    names: list[str]
    trailing: bool = False
    plain: bool = True


def _is_index(rows: list[list[str]]) -> bool:
    first = [row[0] for row in rows]
    above = not any(map(NUMBER.fullmatch, rows[0])) and any(map(NUMBER.fullmatch, (v for row in rows for v in row)))
    return len(set(first)) == len(first) and not any(map(FRACTION.fullmatch, first)) and not above


def recognize(rows: list[list[str]]) -> Layout:
    """Recognizes how a file is built by its header and the rows after it."""
    header, *rest = rows or [[]]
    width = len(header)
    longer = [row for row in rest if len(row) == width + 1]
    ends = [row[-1] for row in rest if len(row) == width]
    if header.count("") > 1 and not header[-1] and not any(ends):  # a delimiter at the end, of the header too
        return Layout(header[:-1], trailing=True, plain=False)
    if width > 1 and len(longer) > max(2, len(rest) / 2) and not ends and not any(map(NUMBER.fullmatch, header)):
        if not any(row[-1] for row in longer):
            return Layout(header, trailing=True, plain=False)
        if _is_index(longer):
            return Layout(["", *header], plain=False)
    return Layout(header)


def fields(lines: Iterable[str], csv: Csv) -> Iterator[tuple[int, list[str]]]:
    """Yields number and values of the lines that have some; one space or more is one delimiter.

    Raises:
        pyarrow.ArrowInvalid: A value is too long.
    """
    kept = ("\n" if csv.comment and line.startswith(csv.comment) else line for line in lines)
    spaces = csv.delimiter == " "
    clean = (line.strip(" \r\n") + "\n" for line in kept) if spaces else kept
    reader = csv_rows.reader(clean, delimiter=csv.delimiter, skipinitialspace=spaces)
    try:
        for row in reader:
            if row:
                yield csv.skip_lines + reader.line_num, row
    except csv_rows.Error as error:
        raise pa.ArrowInvalid(str(error)) from None


def look(lines: Iterable[str], csv: Csv) -> Layout:
    """Recognizes how a file is built by its first lines, those before the header left out."""
    return recognize([row for _, row in islice(fields(lines, csv), SEEN + 1)])


def _refusal(path: str, number: int, row: list[str], width: int) -> Refusal:
    way = "bad_lines: skip, skip_lines or skip_footer"
    way = 'comment: "#"' if row[0].startswith("#") else way
    return Refusal(
        f"{address(path)}, line {number:,}: {len(row)} values, the header has {width} names: fix the line, or set "
        f"ingest.csv ({way}) in params.yaml."
    )


def rows(lines: Iterable[str], csv: Csv, layout: Layout, path: str, skipped: list[int]) -> Iterator[list[str]]:
    """Yields the rows below the header, the footer left out.

    Args:
        lines: Those from the header on.
        csv: How the file is written.
        layout: How its lines are built.
        path: Of the file, for what is said.
        skipped: Takes the numbers of bad lines.

    Raises:
        Refusal: A line has more or fewer values than the header has names, and `bad_lines` doesn't skip it.
    """
    width = len(layout.names)
    held: deque[tuple[int, list[str]]] = deque()
    for numbered in islice(fields(lines, csv), 1, None):
        held.append(numbered)
        if len(held) <= csv.skip_footer:
            continue
        number, row = held.popleft()
        if layout.trailing and len(row) == width + 1 and not row[-1]:
            row = row[:-1]
        if len(row) == width:
            yield row
        elif csv.bad_lines == "skip":
            skipped.append(number)
        else:
            raise _refusal(path, number, row, width)
