"""Finds a few odd texts among the dates of a column, such as `tbd` or 0000-00-00."""

import pyarrow as pa
import pyarrow.compute as pc

from ...contract.casting import to_kind, unreadable
from ...contract.columns import Column
from ...core.params import Csv
from .number_marks import AMONG_NUMBERS, FIRST, MOST_ODD, Writing

TIME = Column("", "time")


def likely(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Returns the different texts of a column without a few that can't be dates, for they have no digit but 0."""
    dated = pc.match_substring_regex(texts, "[1-9]")
    few = 0 < len(texts) - (pc.sum(dated).as_py() or 0) <= MOST_ODD
    return texts.filter(dated) if few and len(texts) >= AMONG_NUMBERS else texts


def look(texts: pa.ChunkedArray, csv: Csv) -> Writing | None:
    """Tells dates from odd texts; None if there are no odd ones, or too many.

    Args:
        texts: The different ones of a column, without spaces around them, none missing.
        csv: With the format of the dates, if it is not that of ISO 8601.
    """
    if len(texts) < AMONG_NUMBERS or len(_odd(texts.slice(0, FIRST), csv)) > MOST_ODD:
        return None
    odd = _odd(texts, csv)
    if not 0 < len(odd) <= MOST_ODD:
        return None
    dates = texts.filter(pc.invert(pc.is_in(texts, value_set=odd)))
    try:
        to_kind(dates, TIME, csv.decimal, csv.time_format)
    except pa.ArrowInvalid:  # each of them can be read, in one of several formats
        return None
    return Writing(dates, odd=tuple(odd.to_pylist()))


def _odd(texts: pa.ChunkedArray, csv: Csv) -> pa.Array:
    return unreadable(texts, TIME, csv.decimal, csv.time_format)
