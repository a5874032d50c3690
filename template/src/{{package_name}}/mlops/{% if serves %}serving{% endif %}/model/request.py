"""What a request holds: its body as rows, and the codes that the model is fed."""

from collections import Counter
from typing import Annotated, Any

import numpy as np
from pydantic import Field, TypeAdapter, ValidationError

from .bundle import Column
from .problem import Problem
from .row_model import Row, row_type
from .settings import Serve

IN_THREAD = 100_000  # bytes; the work on a larger body, over 5 ms, would keep others waiting
DAY_US = 24 * 3600 * 10**6
# Errors that say of a value what the model never saw; they are counted for each feature.
OUT_OF_RANGE = {"greater_than_equal", "less_than_equal", "literal_error", "missing", "finite_number"}
SHOWN = 20  # errors in one response
NAMED = 100  # characters of a field's name, which is the client's where there is no such column
MOST = 10_000  # errors that are looked at one by one: a body of a megabyte may have a hundred thousand


class Invalid(Problem):
    """A body that is not of the type; `features` counts those that were out of range."""

    def __init__(self, error: ValidationError, *, batch: bool) -> None:
        """Says what is wrong without repeating a value."""
        found: dict[tuple[Any, ...], dict[str, Any]] = {}
        self.features: Counter[str] = Counter()
        if error.error_count() > MOST:
            super().__init__(422, f"the body: {error.error_count()} values are not what the contract says.")
            return
        for each in error.errors(include_url=False, include_context=False, include_input=False):
            where = each["loc"][: 1 + batch]
            if where in found:
                continue  # the same value, by the other type that it may have
            place: dict[str, Any] = {"row": where[0]} if batch and where else {}
            if len(where) > batch:
                place["field"] = str(where[-1])[:NAMED]
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

    def __init__(self, columns: tuple[Column, ...], serve: Serve, time_format: str | None = None) -> None:
        """Makes the types; `time_format` is that of the data."""
        accept = serve.unknown_categories == "accept"
        row = row_type(columns, accept=accept, max_text=serve.max_text, time_format=time_format)
        rows: Any = Annotated[list[row], Field(min_length=1, max_length=serve.max_rows)]  # type: ignore[valid-type]
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
            invalid = Invalid(error, batch=batch)
        try:
            raise invalid  # here, where nothing holds the error of Pydantic, which has many times the size of the body
        finally:
            del invalid

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
                    values[place] /= DAY_US
            found.append(values)
        return np.array(found, dtype=np.float64), unknown
