"""Opens a file at its header, and finds a line that is not like the others."""

import codecs
import gzip
import io
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from ...core.errors import Refusal
from ...core.params import Csv
from .formats import Format, detect
from .layout import look, rows

HEAD_BYTES = 4096


def format_of(filesystem: Any, path: str) -> Format:
    """Returns the format of a file.

    Raises:
        UsageError: It stands for data that are elsewhere.
    """
    with filesystem.open(path, "rb") as stream:
        return detect(stream.read(HEAD_BYTES), path)


@contextmanager
def lines_from_header(filesystem: Any, path: str, csv: Csv) -> Iterator[io.TextIOWrapper]:
    """Opens a text file, compressed or not, at its header."""
    with filesystem.open(path, "rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
        stream.seek(0)
        raw = gzip.GzipFile(fileobj=stream) if packed else stream
        marked = (
            codecs.lookup(csv.encoding).name == "utf-8"
        )  # by a byte order mark, perhaps, which is no part of a name
        with io.TextIOWrapper(raw, "utf-8-sig" if marked else csv.encoding, newline="") as text:
            for _ in islice(text, csv.skip_lines):
                pass
            yield text


def bad_line(filesystem: Any, paths: list[str], csv: Csv) -> Refusal | None:
    """Names the first line that has more or fewer values than the header, if one has."""
    for path in paths:
        with lines_from_header(filesystem, path, csv) as lines:
            layout = look(lines, csv)
        with lines_from_header(filesystem, path, csv) as lines:
            try:
                deque(rows(lines, csv, layout, path, []), maxlen=0)
            except Refusal as refusal:
                return refusal
    return None
