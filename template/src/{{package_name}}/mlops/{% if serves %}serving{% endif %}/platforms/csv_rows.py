"""CSV to the JSON that the contract checks, and answers to CSV: one line a row, without a header unless asked for."""

import csv
import json
import re
from io import StringIO
from typing import Any

from ..model.answer import Model
from ..model.bundle import Column
from ..model.problem import Problem
from ..model.request import NAMED

NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")  # of JSON
HEADED = "`Content-Type: text/csv; header=present`"


def _numeric(column: Column) -> bool:
    """Whether a row of JSON has a number in this column, as `row_model` reads it."""
    whole = column.kind == "category" and all(isinstance(value, int) for value in column.categories)
    return whole or column.kind in ("int", "float")


def _member(name: str, text: str, *, numeric: bool) -> str:
    """Returns a value as a member of a JSON object; the contract says what is wrong with one that is no number."""
    bare = text.strip()
    if not bare:
        return f"{name}:null"
    return f"{name}:{bare}" if numeric and NUMBER.fullmatch(bare) else f"{name}:{json.dumps(text)}"


def _refused(row: int, message: str, field: str = "") -> Problem:
    place: dict[str, Any] = {"row": row} | ({"field": field} if field else {})
    where = f"{field} of row {row}" if field else f"row {row}"
    return Problem(422, f"{where}: {message}.", [place | {"message": message}])


def _named(first: list[str], known: dict[str, Column]) -> list[Column]:
    """Returns the columns that a header names."""
    names = [name.strip() for name in first]
    for place, name in enumerate(names):
        if name not in known:
            raise Problem(422, f"{name[:NAMED]!r} in the header is no column of the contract: leave it out.")
        if name in names[:place]:
            raise Problem(422, f"{name} is in the header more than once: name each column once.")
    return [known[name] for name in names]


def read(body: bytes, model: Model, *, header: bool) -> bytes:
    """Returns the rows of a CSV body as a JSON list; a value that is empty is missing.

    Args:
        body: UTF-8, as RFC 4180 has it; empty lines are left out.
        model: Its features, in their order, are the columns of a body without a header.
        header: Whether the first line names the columns; then it may name any of the contract, in any order.

    Raises:
        Problem: 422, for a body that is no such table; what its values are is checked with those of `/predict`.
    """
    known = {column.name: column for column in model.bundle.columns}
    columns = [] if header else model.bundle.features
    members: list[tuple[str, bool]] = [(json.dumps(column.name), _numeric(column)) for column in columns]
    rows: list[str] = []
    try:
        for line in csv.reader(StringIO(body.decode("utf-8-sig"), newline=""), strict=True):
            if not line:
                continue
            if header and not columns:
                columns = _named(line, known)
                members = [(json.dumps(column.name), _numeric(column)) for column in columns]
                continue
            number = len(rows)
            if number == model.max_rows:
                raise Problem(422, f"the body: List should have at most {model.max_rows} items.")
            if not number and not header and len(line) > 1 and known.keys() >= {text.strip() for text in line}:
                raise _refused(0, f"these are names of columns: leave the line out, or send {HEADED}")
            if len(line) < len(columns):
                message = f"no value: the line has {len(line)}, expected {len(columns)}"
                raise _refused(number, message, columns[len(line)].name)
            if len(line) > len(columns):
                told = "the features in the order of schema.py" if not header else "one for each name of the header"
                raise _refused(number, f"the line has {len(line)} values, expected {len(columns)}, {told}")
            each = zip(members, line, strict=True)
            values = (_member(name, text, numeric=numeric) for (name, numeric), text in each)
            rows.append(f"{{{','.join(values)}}}")
    except UnicodeDecodeError:
        raise Problem(422, "the body: it is not UTF-8: encode the CSV as UTF-8.") from None
    except csv.Error as error:
        raise _refused(len(rows), f"no CSV: {error}") from None
    return f"[{','.join(rows)}]".encode()


def written(content: bytes, *, header: bool) -> bytes:
    """Returns an answer of `/predict` as CSV: label, probability, and those of all classes if several; or the value."""
    said = json.loads(content)
    lines = []
    for each in said.get("predictions", [said]):
        found = {name: each[name] for name in ("label", "probability", "value") if name in each}
        lines.append(found | each.get("probabilities", {}))
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if header:
        writer.writerow(lines[0])
    writer.writerows([v if isinstance(v, str) else json.dumps(v) for v in line.values()] for line in lines)
    return text.getvalue().encode()
