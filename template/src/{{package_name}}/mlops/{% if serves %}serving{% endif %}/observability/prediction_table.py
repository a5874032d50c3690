"""The prediction log's lines, as the service hands them over, and the tables that they become.

A line is JSON. `{"version": ..., "columns": {name: type}}` says what the following ones were answered by and hold; each
of these is `[request id, time, rows, labels, values, probabilities, client's id]`, the last one absent in journals that
0.5.0 left behind. It needs neither numpy nor Pydantic.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from arro3.core import Array, DataType, Table, list_array

DAY_US = 24 * 3600 * 10**6
TYPES = {"bool": DataType.bool(), "int": DataType.int64(), "float": DataType.float64(), "text": DataType.string()}


def _column(kind: str, values: list[Any]) -> Array:
    """Builds a column in the type that the contract gives it."""
    if kind == "time":
        return Array(values, DataType.int64()).cast(DataType.timestamp("us"))
    return Array(values, TYPES[kind])


def _probabilities(entries: list[list[Any]], rows: int) -> Array:
    found = [chances for entry in entries for chances in entry[5] or ()]
    if not found:
        nothing = Array([0] * (rows + 1), DataType.int32())
        return list_array(nothing, Array([], DataType.float64()), mask=Array([True] * rows, DataType.bool()))
    offsets = Array([place * len(found[0]) for place in range(rows + 1)], DataType.int32())
    return list_array(offsets, Array([chance for chances in found for chance in chances], DataType.float64()))


def tables(lines: Iterable[bytes], most: int) -> Iterator[tuple[int, Table]]:
    """Yields the time of the first answer, in microseconds since 1970, and the table: one for each model and day.

    Args:
        lines: In order; a last one that a crash cut off is left out.
        most: Rows of one table, as far as a single request does not have more.
    """
    head: dict[str, Any] = {}
    entries: list[list[Any]] = []
    rows = 0
    for line in lines:
        if not line.endswith(b"\n"):
            break
        said = json.loads(line)
        new = isinstance(said, dict)
        if entries and (
            (new and said != head)
            or (not new and (rows + len(said[2]) > most or said[1] // DAY_US != entries[0][1] // DAY_US))
        ):
            yield entries[0][1], build(head, entries)
            entries, rows = [], 0
        if new:
            head = said
        else:
            entries.append(said)
            rows += len(said[2])
    if entries:
        yield entries[0][1], build(head, entries)


def build(head: dict[str, Any], entries: list[list[Any]]) -> Table:
    """Turns what one model answered into the table of the log: the columns of the contract, and what was answered."""
    rows = [row for entry in entries for row in entry[2]]
    each = [entry for entry in entries for _ in entry[2]]
    columns = {name: _column(kind, [row.get(name) for row in rows]) for name, kind in head["columns"].items()}
    labels: list[str | None] = [label for entry in entries for label in entry[3]]
    columns["_request_id"] = _column("text", [entry[0] for entry in each])
    columns["_row"] = _column("int", [place for entry in entries for place in range(len(entry[2]))])
    columns["_time"] = _column("time", [entry[1] for entry in each])
    columns["_model_version"] = _column("text", [head["version"]] * len(rows))
    columns["_label"] = _column("text", labels or [None] * len(rows))
    columns["_value"] = _column("float", [value for entry in entries for value in entry[4]])
    columns["_probabilities"] = _probabilities(entries, len(rows))
    columns["_client_request_id"] = _column("text", [entry[6] if len(entry) > 6 else None for entry in each])
    return Table.from_arrays(list(columns.values()), names=list(columns))
