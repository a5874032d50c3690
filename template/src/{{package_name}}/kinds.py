"""Decides of which kind the values of a column are, by reading them as `ingest` will."""

import re

import pyarrow as pa
import pyarrow.compute as pc

from .contract import Column, Kind
from .params import Csv
from .parse import MISSING_IN_NUMBERS, strip, to_kind

# Yes and no are no booleans but two categories, so that the words stay those of the data.
BOOLEANS = ({"true", "false"}, {"0", "1"}, {"0.0", "1.0"})
# Larger whole numbers are names: as numbers they would lose digits.
EXACT = 2**53


def distinct_texts(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Returns the different values of a column of texts, without those that mean no value."""
    return strip(pa.chunked_array([values.unique()], values.type), MISSING_IN_NUMBERS).drop_null()


def of_texts(texts: pa.ChunkedArray, csv: Csv) -> Kind:
    """Decides what different texts, as `distinct_texts` returns them, are: booleans, numbers, times, or just texts."""
    if not len(texts):
        return "text"
    if len(texts) <= 8 and set(pc.utf8_lower(texts).to_pylist()) in BOOLEANS:
        return "bool"
    coded = pc.any(pc.match_substring_regex(texts, r"^0\d+$|^\+\d{7}")).as_py()  # 01234, +4930123: names of digits
    if not coded:
        try:
            numbers = to_kind(texts, Column("", "float"), csv.decimal)
            whole = not pc.any(pc.match_substring_regex(texts, rf"(?i)[{re.escape(csv.decimal)}einf]")).as_py()
            too_long = whole and pc.max(pc.abs(numbers)).as_py() > EXACT
            return "text" if too_long else "int" if whole else "float"
        except pa.ArrowInvalid:
            pass
    try:
        to_kind(texts, Column("", "time"), csv.decimal, csv.time_format)
    except pa.ArrowInvalid:
        return "text"
    return "time"


def of(values: pa.ChunkedArray) -> Kind | None:
    """Decides what the values of a column that holds no texts are."""
    written = values.type
    if pa.types.is_boolean(written):
        return "bool"
    if pa.types.is_timestamp(written) or pa.types.is_date(written):
        return "time"
    if not (pa.types.is_integer(written) or pa.types.is_floating(written) or pa.types.is_decimal(written)):
        return None
    numbers = to_kind(pa.chunked_array([values.unique()], written), Column("", "float")).drop_null()
    if len(numbers) <= 2 and set(numbers.to_pylist()) == {0.0, 1.0}:
        return "bool"
    return "float" if not pa.types.is_integer(written) or pa.types.is_uint64(written) else "int"
