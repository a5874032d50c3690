"""What a request may hold: the type of a row, made from the bundle's columns, and the codes that the model is fed."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, NotRequired, Union

import numpy as np
from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError, WithJsonSchema
from typing_extensions import TypedDict

from .bundle import Column
from .problem import Problem

EPOCH = datetime(1970, 1, 1)  # times are UTC and naive, as in the data
MICROSECOND, DAY_US = timedelta(microseconds=1), 24 * 3600 * 10**6
INT64 = 2**63
# Errors that say of a value what the model never saw; they are counted for each feature.
OUT_OF_RANGE = {"greater_than_equal", "less_than_equal", "literal_error", "missing", "finite_number"}
SHOWN = 20  # errors in one response
Row = dict[str, Any]


def _naive(time: datetime) -> datetime:
    """Makes a time with an offset UTC; all times of the data are."""
    try:
        return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time
    except OverflowError:
        raise ValueError("time is out of range") from None


def _integer(column: Column) -> Any:
    """An integer that fits into 64 bits; JSON has one kind of number, so 3.0 is one too."""
    low = -INT64 if column.minimum is None else int(np.ceil(column.minimum))
    high = INT64 - 1 if column.maximum is None else int(np.floor(column.maximum))
    whole = Annotated[float, Field(strict=True, multiple_of=1, ge=low, le=high), AfterValidator(int)]
    return Annotated[
        Union[Annotated[int, Field(strict=True, ge=low, le=high)], whole],  # noqa: UP007 - for mypy it is no type
        Field(union_mode="left_to_right"),
        WithJsonSchema({"type": "integer", "minimum": low, "maximum": high}),
    ]


def _kind(column: Column, *, accept: bool) -> Any:
    """The type of a column's values."""
    numbers = all(isinstance(value, int) for value in column.categories)
    if column.kind == "category" and accept:
        text = "; ".join(map(str, column.categories))
        known = Field(description=f"Known: {text}. Any other counts as missing.", examples=list(column.categories))
        return Annotated[_integer(column) if numbers else str, known]
    match column.kind:
        case "category":
            return Literal[tuple(column.categories)]
        case "bool":
            return bool
        case "int":
            return _integer(column)
        case "float":
            return Annotated[float, Field(ge=column.minimum, le=column.maximum, allow_inf_nan=False)]
        case "time":
            return Annotated[datetime, AfterValidator(_naive)]
    return str


def row_type(columns: tuple[Column, ...], *, accept: bool) -> Any:
    """Makes the type of a row: features must be there, other columns may, further ones may not.

    Args:
        columns: Of the bundle.
        accept: Whether a category that the model does not know is allowed.
    """
    fields: dict[str, Any] = {}
    for column in columns:
        kind = _kind(column, accept=accept)
        if column.nullable or not column.feature:
            kind = kind | None
        fields[column.name] = kind if column.feature else NotRequired[kind]
    made = TypedDict("Row", fields)  # type: ignore[misc]
    made.__pydantic_config__ = ConfigDict(extra="forbid", strict=True)  # type: ignore[attr-defined]
    return made


class Invalid(Problem):
    """A body that is not of the type; `features` counts those that were out of range."""

    def __init__(self, error: ValidationError, *, batch: bool) -> None:
        """Says what is wrong without repeating a value."""
        found: dict[tuple[Any, ...], dict[str, Any]] = {}
        self.features: Counter[str] = Counter()
        for each in error.errors(include_url=False, include_context=False, include_input=False):
            where = each["loc"][: 1 + batch]
            if where in found:
                continue  # the same value, by the other type that it may have
            place: dict[str, Any] = {"row": where[0]} if batch and where else {}
            if len(where) > batch:
                place["field"] = where[-1]
            found[where] = place | {"message": each["msg"]}
            if each["type"] in OUT_OF_RANGE:
                self.features[str(where[-1])] += 1
        errors = list(found.values())
        first = errors[0]
        parts = [str(first["field"])] if "field" in first else []
        parts += [f"row {first['row']}"] if "row" in first else []
        more = f", and {len(errors) - 1} more" if errors[1:] else ""
        super().__init__(422, f"{' of '.join(parts) or 'the body'}: {first['message']}{more}.", errors[:SHOWN])


class Reader:
    """Reads bodies, and turns rows into what the model is fed."""

    def __init__(self, columns: tuple[Column, ...], *, accept: bool, max_rows: int) -> None:
        """Makes the types; `accept` is about unknown categories."""
        row = row_type(columns, accept=accept)
        rows: Any = Annotated[list[row], Field(min_length=1, max_length=max_rows)]  # type: ignore[valid-type]
        self.one: TypeAdapter[Row] = TypeAdapter(row)
        self.many: TypeAdapter[list[Row]] = TypeAdapter(rows)
        features = [column for column in columns if column.feature]
        self._names = [column.name for column in features]
        self._codes = [
            (place, column.name, {None: np.nan} | {value: code for code, value in enumerate(column.categories)})
            for place, column in enumerate(features)
            if column.kind == "category"
        ]
        self._times = [place for place, column in enumerate(features) if column.kind == "time"]

    def read(self, body: bytes) -> tuple[list[Row], bool]:
        """Returns the rows of a body, and whether it is a list of them.

        Raises:
            Invalid: It is not what the contract says.
        """
        batch = body.lstrip()[:1] == b"["
        try:
            return (self.many.validate_json(body), True) if batch else ([self.one.validate_json(body)], False)
        except ValidationError as error:
            raise Invalid(error, batch=batch) from None

    def encode(self, rows: list[Row]) -> tuple[np.ndarray, list[str]]:
        """Returns what `Bundle.predict` takes, and the name of a feature for each unknown category."""
        unknown: list[str] = []
        found = []
        for row in rows:
            values = [row[name] for name in self._names]
            for place, name, codes in self._codes:
                code = codes.get(values[place])
                if code is None:
                    unknown.append(name)
                values[place] = code
            for place in self._times:
                if values[place] is not None:
                    values[place] = (values[place] - EPOCH) // MICROSECOND / DAY_US
            found.append(values)
        return np.array(found, dtype=np.float64), unknown
