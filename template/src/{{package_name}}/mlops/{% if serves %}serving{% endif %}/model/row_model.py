"""The type of a row that is asked, made from the bundle's columns: Pydantic checks it, the document shows it."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, NotRequired, Union

import numpy as np
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from ...contract.words import FALSE, TRUE
from .bundle import Column

EPOCH, MICROSECOND = datetime(1970, 1, 1), timedelta(microseconds=1)  # times are UTC and naive, as in the data
INT64 = 2**63
Row = dict[str, Any]


def microseconds(time: datetime) -> int:
    """Returns a time as microseconds since 1970, UTC: with an offset it may lie outside of what Python can hold."""
    if time.tzinfo is None:
        return (time - EPOCH) // MICROSECOND
    offset = time.utcoffset() or timedelta()
    return (time.replace(tzinfo=None) - EPOCH - offset) // MICROSECOND


def _dated(time_format: str | None) -> Callable[[Any], Any]:
    """Reads the format of the data; refuses what is no date, such as "6", which Pydantic would take for seconds."""

    def dated(value: Any) -> Any:
        if isinstance(value, str) and time_format:
            with suppress(ValueError):
                return datetime.strptime(value, time_format)
        if not isinstance(value, str) or value[4:5] != "-":
            raise PydanticCustomError("datetime_type", "Input should be a valid datetime, such as 2026-01-31T12:00:00")
        return value

    return dated


def _time(time_format: str | None) -> Any:
    """A time in ISO 8601, a date, or as the data have it."""
    forms = {"anyOf": [{"type": "string", "format": form} for form in ("date-time", "date")]}
    also = {"description": f"Or as in the data: {time_format}."} if time_format else {}
    read = BeforeValidator(_dated(time_format))
    return Annotated[
        datetime, Field(strict=False), read, AfterValidator(microseconds), WithJsonSchema({**forms, **also})
    ]


def _truth(value: float | str) -> bool:
    """Makes a boolean of a number or a word that stands for one."""
    return value.lower() in TRUE if isinstance(value, str) else bool(_whole(value))


def _boolean() -> Any:
    """A boolean, or what data have for one, as `casting.to_kind` reads them: 0 and 1, and words."""
    words = sorted({case(word) for word in TRUE + FALSE for case in (str.lower, str.upper, str.capitalize)})
    number = Annotated[float, Field(strict=True, ge=0, le=1), AfterValidator(_truth)]
    word = Annotated[Literal[tuple(words)], AfterValidator(_truth)]  # type: ignore[valid-type]
    forms = {"anyOf": [{"type": "boolean"}, {"enum": [0, 1]}, {"enum": words}]}
    return Annotated[
        Union[bool, number, word],  # noqa: UP007 - for mypy it is no type
        Field(union_mode="left_to_right"),
        WithJsonSchema(forms),
    ]


def _whole(value: float) -> int:
    """Makes an integer of a number that is one; Pydantic's `multiple_of` would let 1e-42 pass."""
    if not value.is_integer():
        raise ValueError("no integer")
    return int(value)


def _integer(column: Column) -> Any:
    """An integer that fits into 64 bits; JSON has one kind of number, so 3.0 is one too."""
    low = -INT64 if column.minimum is None else int(np.ceil(column.minimum))
    high = INT64 - 1 if column.maximum is None else int(np.floor(column.maximum))
    whole = Annotated[float, Field(strict=True, ge=low, le=high), AfterValidator(_whole)]
    return Annotated[
        Union[Annotated[int, Field(strict=True, ge=low, le=high)], whole],  # noqa: UP007 - for mypy it is no type
        Field(union_mode="left_to_right"),
        WithJsonSchema({"type": "integer", "minimum": low, "maximum": high}),
    ]


def _text(column: Column, max_text: int) -> Any:
    """A text that can't be of any size; what the model knows is never too long."""
    return Annotated[str, Field(max_length=max([max_text, *(len(str(known)) for known in column.categories)]))]


def _kind(column: Column, *, accept: bool, max_text: int, time_format: str | None) -> Any:
    """The type of a column's values."""
    numbers = all(isinstance(value, int) for value in column.categories)
    if column.kind == "category" and accept:
        text = "; ".join(map(str, column.categories))
        known = Field(description=f"Known: {text}. Any other counts as missing.", examples=list(column.categories))
        return Annotated[_integer(column) if numbers else _text(column, max_text), known]
    match column.kind:
        case "category":
            return Literal[tuple(column.categories)]
        case "bool":
            return _boolean()
        case "int":
            return _integer(column)
        case "float":
            return Annotated[float, Field(ge=column.minimum, le=column.maximum, allow_inf_nan=False)]
        case "time":
            return _time(time_format)
    return _text(column, max_text)


def _present(column: Column) -> Callable[[Any], Any]:
    """Makes the values that mean a missing one None."""
    times = [datetime.fromisoformat(value) for value in column.placeholders if column.kind == "time"]

    def present(value: Any) -> Any:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return None if value in column.placeholders else value
        if times and isinstance(value, str):
            with suppress(ValueError):
                return None if datetime.fromisoformat(value) in times else value
        return value

    return present


def row_type(columns: tuple[Column, ...], *, accept: bool, max_text: int, time_format: str | None = None) -> Any:
    """Makes the type of a row: features must be there, other columns may, further ones may not.

    Args:
        columns: Of the bundle.
        accept: Whether a category that the model does not know is allowed.
        max_text: Characters of a text.
        time_format: Of times in the data, as for `strptime`; ISO 8601 is read as well.
    """
    fields: dict[str, Any] = {}
    for column in columns:
        kind = _kind(column, accept=accept, max_text=max_text, time_format=time_format)
        if column.nullable or not column.feature:
            kind = kind | None
        if column.placeholders:
            kind = Annotated[kind, BeforeValidator(_present(column))]
        fields[column.name] = kind if column.feature else NotRequired[kind]
    made = TypedDict("Row", fields)  # type: ignore[misc]
    made.__pydantic_config__ = ConfigDict(extra="forbid", strict=True)  # type: ignore[attr-defined]
    return made
