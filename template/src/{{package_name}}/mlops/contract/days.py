"""Reads dates in a format, and refuses days that do not exist: strptime makes 31.02.2020 the second of March."""

import re

import pyarrow as pa
import pyarrow.compute as pc

# Directives of strptime that can stand before the day, and what they read; of others nothing is known.
READ = {"%m": r"\d{1,2}", "%y": r"\d{2}", "%Y": r"\d{4}", "%b": r"\pL+\.?", "%B": r"\pL+", "%a": r"\pL+", "%A": r"\pL+"}
LAST_AFTER = 3  # of a month: no day that does not exist becomes a later one


def _before(written: str) -> str:
    """Returns a regular expression for what comes before the day."""
    parts = re.split(r"(%[a-zA-Z])", written.partition("%d")[0])
    return "".join(READ.get(part, r"\S+") if part.startswith("%") else re.escape(part) for part in parts)


def read(text: pa.ChunkedArray, written: str) -> pa.ChunkedArray:
    """Reads times.

    Args:
        text: All of them; null where one is missing.
        written: Their format, as for `strptime`.

    Raises:
        pyarrow.ArrowInvalid: One is in another format, or its day does not exist.
    """
    times = pc.strptime(text, format=written, unit="us")
    early = pc.less_equal(pc.day(times), LAST_AFTER)
    if "%d" in written and pc.any(early, min_count=0).as_py():
        parts = pc.extract_regex(text.filter(early), rf"^\s*{_before(written)}\s*(?P<day>\d{{1,2}})")
        days = pc.struct_field(parts, "day").cast(pa.int64())
        if not pc.all(pc.equal(days, pc.day(times.filter(early))), min_count=0).as_py():
            raise pa.ArrowInvalid("no such day")
    return times
