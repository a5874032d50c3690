"""Decides of which kind the values of a column are, by reading them as `ingest` will."""

import logging
import re

import pyarrow as pa
import pyarrow.compute as pc

from ..contract.casting import MISSING_IN_NUMBERS, is_text, strip, to_kind
from ..contract.columns import Column, Kind
from ..core.params import Csv
from . import dialect
from .profiling import EXACT, Profile

# Yes and no are no booleans but two categories, so that the words stay those of the data.
BOOLEANS = ({"true", "false"}, {"0", "1"}, {"0.0", "1.0"})
log = logging.getLogger(__name__)


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
    distinct = pa.chunked_array([values.unique()], written)
    if pa.types.is_integer(written) and any(abs(end.as_py() or 0) > EXACT for end in pc.min_max(distinct).values()):
        return "text"
    numbers = to_kind(distinct, Column("", "float")).drop_null()
    if len(numbers) <= 2 and set(numbers.to_pylist()) == {0.0, 1.0}:
        return "bool"
    return "int" if pa.types.is_integer(written) else "float"


def profile(table: pa.Table, csv: Csv, event_time: str | None) -> tuple[dict[str, Profile], Csv]:
    """Finds out decimal sign and format of dates in a table of texts, and the kind of each column.

    Args:
        table: As `reading.read` returns it.
        csv: Likewise.
        event_time: The column whose dates must be readable, if any must.
    """
    texts = {column: distinct_texts(table[column]) for column in table.column_names if is_text(table[column].type)}
    csv = csv.model_copy(update={"decimal": dialect.decimal(list(texts.values()), csv.delimiter)})
    found = {name: of_texts(texts[name], csv) if name in texts else of(table[name]) for name in table.column_names}
    undated = {name: column for name, column in texts.items() if found[name] == "text"}
    wanted = [undated[event_time]] if event_time in undated else list(undated.values())
    time_format, ambiguous = dialect.time_format(wanted, csv.delimiter)
    if time_format:
        csv = csv.model_copy(update={"time_format": time_format})
        found |= {name: of_texts(column, csv) for name, column in undated.items()}
        unsure = "; day and month could be the other way round: set ingest.csv.time_format if so" if ambiguous else ""
        log.info("dates that are not in ISO 8601 are read as %s%s", time_format, unsure)
    return {name: Profile(name, table[name], kind, csv) for name, kind in found.items()}, csv
