"""Decides of which kind the values of a column are, by reading them as `ingest` will."""

import logging
import re
from collections.abc import Mapping
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from ...roles import EventTime
from ..contract import tolerance
from ..contract.casting import MISSING_IN_NUMBERS, is_text, strip, to_kind
from ..contract.columns import Column, Kind
from ..core.params import Csv
from ..core.untrusted_text import value
from . import dialect
from .profiling import EXACT, POSTAL, Profile
from .text_files import odd_dates
from .text_files.number_marks import AMONG_NUMBERS, Writing, look

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


def _rows(values: pa.ChunkedArray, odd: tuple[str, ...]) -> pa.ChunkedArray:
    """Returns in which rows the odd texts are."""
    return pc.is_in(pc.utf8_trim_whitespace(values.cast(pa.string())), value_set=pa.array(odd, pa.string()))


def _few(values: pa.ChunkedArray, writing: Writing, tolerate: float) -> bool:
    """Whether so few rows have an odd text that it is none of a few categories."""
    odd = pc.sum(_rows(values, writing.odd), min_count=0).as_py()
    return bool(odd <= tolerate * len(values) and (not odd or len(writing.numbers) >= AMONG_NUMBERS))


def _of_marked(values: pa.ChunkedArray, writing: Writing, csv: Csv, tolerate: float) -> Kind | None:
    """Decides what numbers with marks, or with a few odd texts among them, are; None if they are no numbers."""
    if not (writing.marks or writing.odd) or not _few(values, writing, tolerate):
        return None
    kind = of_texts(writing.plain, csv)
    return {"bool": "int", "int": "int", "float": "float"}.get(kind)  # type: ignore[return-value]


def _profile(name: str, values: pa.ChunkedArray, kind: Kind | None, csv: Csv, writing: Writing | None) -> Profile:
    """Profiles a column; odd texts among numbers and dates are missing."""
    found = Profile(name, values, kind, csv)
    if writing:
        remarks = [f"written with {' and '.join(map(value, writing.marks))}"] if writing.marks else []
        if writing.odd:
            rows = _rows(values, writing.odd)
            values = pc.if_else(rows, pa.scalar(None, values.type), values)
            what = "date" if kind == "time" else "number"
            remarks.append(
                f"{' and '.join(map(value, writing.odd))} in {pc.sum(rows).as_py():,} of the rows is no {what} and "
                f"counts as missing: --keep {name}={writing.odd[0]} to have categories"
            )
        found = Profile(name, values, kind, csv, written=writing.marks, remark="; ".join(remarks))
    codes = kind == "float" and (found.is_coded or POSTAL.search(name)) and found.is_whole
    return replace(found, kind="int") if codes else found


def profile(
    table: pa.Table, csv: Csv, roles: Mapping[str, type], tolerate: float, kept: Mapping[str, tuple[str, ...]]
) -> tuple[dict[str, Profile], Csv]:
    """Finds out decimal sign and format of dates in a table of texts, and the kind of each column.

    Args:
        table: As `reading.read` returns it.
        csv: Likewise.
        roles: Of columns that were asked for by one: the dates of an event time must be readable.
        tolerate: As `validate.tolerate`.
        kept: By column, texts that are values of it; it is one of texts then.
    """
    texts = {column: distinct_texts(table[column]) for column in table.column_names if is_text(table[column].type)}
    written = {name: look(column) for name, column in texts.items() if name not in kept}
    decimal = dialect.decimal([writing.plain for writing in written.values()], csv.delimiter)
    csv = csv.model_copy(update={"decimal": decimal})
    found: dict[str, Kind | None] = {name: "text" if name in kept else of(table[name]) for name in table.column_names}
    used, share = {}, {name: 0.0 if roles.get(name) in tolerance.EXACT else tolerate for name in table.column_names}
    for name, writing in written.items():
        found[name] = of_texts(texts[name], csv)
        if found[name] == "text" and (kind := _of_marked(table[name], writing, csv, share[name])):
            found[name], used[name] = kind, writing
    undated = {name: column for name, column in texts.items() if found[name] == "text" and name not in kept}
    timed = [undated[name] for name, role in roles.items() if role is EventTime and name in undated]
    time_format, ambiguous = dialect.time_format(timed or list(map(odd_dates.likely, undated.values())), csv.delimiter)
    if time_format:
        csv = csv.model_copy(update={"time_format": time_format})
        found |= {name: of_texts(column, csv) for name, column in undated.items()}
        unsure = "; day and month could be the other way round: set ingest.csv.time_format if so" if ambiguous else ""
        log.info("dates that are not in ISO 8601 are read as %s%s", time_format, unsure)
    for name, column in undated.items():
        dated = odd_dates.look(column, csv) if found[name] == "text" else None
        if dated and _few(table[name], dated, share[name]):
            found[name], used[name] = "time", dated
    result = {name: _profile(name, table[name], kind, csv, used.get(name)) for name, kind in found.items()}
    for name, column in result.items():
        unread = written[name].remark if name in written and column.kind == "text" else column.remark
        result[name] = replace(column, remark=unread, kept=kept.get(name, ()))
    return result, csv
