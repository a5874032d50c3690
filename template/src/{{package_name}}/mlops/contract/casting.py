"""Turns raw columns into the types of the contract; `infer` decides with it, `ingest` applies it."""

import re

import pyarrow as pa
import pyarrow.compute as pc

from . import days, placeholders
from .columns import Column
from .months import first_days
from .words import FALSE, TRUE
from .written import plain

# Texts that mean "no value", in lower case; a contract that lists one of them as a category keeps it as a category.
MISSING = ("", "?", "na", "n/a", "#n/a", "nan", "<na>", "null")
# In columns of numbers, times and booleans these can mean nothing else either.
MISSING_IN_NUMBERS = (*MISSING, "unknown", "none", "missing", "-", "--", ".", "nil")
# Different unreadable values that are told from readable ones; a column of more is of another type as a whole.
MOST_UNREADABLE = 10_000


def is_text(kind: pa.DataType) -> bool:
    """Whether a column of that type holds text."""
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def strip(values: pa.ChunkedArray, tokens: tuple[str, ...], keep: tuple[object, ...] = ()) -> pa.ChunkedArray:
    """Removes spaces around texts and makes those that mean "no value" null.

    Args:
        values: A column of strings.
        tokens: Lower-case texts that mean "no value".
        keep: Texts that are values all the same, for the contract says so.
    """
    values = pc.utf8_trim_whitespace(values.cast(pa.string()))
    absent = pc.is_in(pc.utf8_lower(values), value_set=pa.array(tokens))
    if keep:
        absent = pc.and_not(absent, pc.is_in(values, value_set=pa.array([str(value) for value in keep])))
    return pc.if_else(absent, pa.scalar(None, pa.string()), values)


def _number(text: pa.ChunkedArray, decimal: str) -> pa.ChunkedArray:
    """Reads numbers; a sign that separates thousands is taken for one only where thousands are, as in 1,234,567.8."""
    separator = "," if decimal == "." else "."
    if pc.any(pc.match_substring(text, separator), min_count=0).as_py():
        thousands = rf"^[+-]?[1-9]\d{{0,2}}({re.escape(separator)}\d{{3}})+({re.escape(decimal)}\d*)?(e\d)?$"
        grouped = pc.match_substring_regex(text, thousands)
        text = pc.if_else(grouped, pc.replace_substring(text, separator, ""), text)
    if decimal != ".":
        text = pc.replace_substring(pc.replace_substring(text, ".", " "), decimal, ".")  # a "." left over: no number
    return text.cast(pa.float64())


def _boolean(text: pa.ChunkedArray) -> pa.ChunkedArray:
    lower = pc.utf8_lower(text)
    known = pc.is_in(lower, value_set=pa.array(TRUE + FALSE))
    if not pc.all(pc.or_(known, pc.is_null(text)), min_count=0).as_py():
        raise pa.ArrowInvalid("not a boolean")
    return pc.if_else(pc.is_null(text), pa.scalar(None, pa.bool_()), pc.is_in(lower, value_set=pa.array(TRUE)))


def _time(text: pa.ChunkedArray, time_format: str | None) -> pa.ChunkedArray:
    """Reads times in the format, in ISO 8601, or months; a time with an offset becomes UTC, nanoseconds are cut off."""
    if time_format:
        try:
            return days.read(text, time_format)
        except pa.ArrowInvalid:
            pass
    for unit, zone in (("us", None), ("us", "UTC"), ("ns", None), ("ns", "UTC")):
        try:
            return text.cast(pa.timestamp(unit, zone)).cast(pa.timestamp("us"), safe=False)
        except pa.ArrowInvalid:
            continue
    return first_days(text)


def _from_text(text: pa.ChunkedArray, column: Column, decimal: str, time_format: str | None) -> pa.ChunkedArray:
    if column.kind == "bool":
        return _boolean(text)
    if column.kind == "time":
        return _time(text, time_format)
    if pa.types.is_string(column.arrow):
        return text
    return _number(plain(text, column.written), decimal).cast(column.arrow)


def _cast(values: pa.ChunkedArray, column: Column, decimal: str, time_format: str | None) -> pa.ChunkedArray:
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if is_text(values.type):
        tokens = MISSING if pa.types.is_string(column.arrow) else MISSING_IN_NUMBERS
        text = strip(values, tokens, column.categories)
        return _from_text(text, column, decimal, time_format)
    if column.kind in ("category", "text", "bool") and not pa.types.is_boolean(values.type):
        return _from_text(strip(values.cast(pa.string()), MISSING), column, ".", None)
    if pa.types.is_floating(values.type):
        values = pc.if_else(pc.is_nan(values), pa.scalar(None, values.type), values)
    return values.cast(column.arrow, safe=not pa.types.is_temporal(values.type))


def to_kind(
    values: pa.ChunkedArray, column: Column, decimal: str = ".", time_format: str | None = None
) -> pa.ChunkedArray:
    """Casts a raw column to the type that the contract gives it.

    Args:
        values: The column as read: text, or already typed where the source was Parquet or SQL.
        column: What the contract says of it.
        decimal: The decimal sign of numbers in text; with one other than ".", "." separates thousands.
        time_format: As for `strptime`; ISO 8601, months and quarters are read as well.

    Returns:
        The column in type `column.arrow`, values that are missing as null.

    Raises:
        pyarrow.ArrowInvalid: A value can't be read as that type.
    """
    return placeholders.without(_cast(values, column, decimal, time_format), column.placeholders)


def unreadable(values: pa.ChunkedArray, column: Column, decimal: str = ".", time_format: str | None = None) -> pa.Array:
    """Returns the different values that `to_kind` can't read; arguments as there.

    Beyond `MOST_UNREADABLE`, readable ones may be among them.
    """
    found: list[pa.Array] = []
    todo = [values.drop_null().unique()]
    while todo:
        part = todo.pop()
        try:
            to_kind(pa.chunked_array([part]), column, decimal, time_format)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            middle = len(part) // 2
            if middle and len(found) < MOST_UNREADABLE:
                todo += [part[middle:], part[:middle]]
            else:
                found.append(part)
    return pa.concat_arrays(found) if found else pa.array([], values.type)
