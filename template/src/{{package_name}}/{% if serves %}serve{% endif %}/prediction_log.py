"""The prediction log: every row that was answered, as Parquet files that monitoring reads.

The request path only appends to a list; a thread writes what has gathered. A file is written beside and renamed, so
that a reader sees whole files only. What has not been written is bounded: beyond it rows are dropped, counted and said.
"""

import logging
import secrets
import threading
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from arro3.core import Array, DataType, Table, list_array
from arro3.io import write_parquet

from ..stage import Refusal, replacing
from . import logs
from .answer import Prediction
from .bundle import Column
from .request import EPOCH, MICROSECOND
from .telemetry import Telemetry

MAX_WAITING = 50_000  # rows
FILE_ROWS = 10_000  # so many rows are written at once, fewer when the time has passed
TYPES = {"bool": DataType.bool(), "int": DataType.int64(), "float": DataType.float64()}
log = logging.getLogger(__name__)


def _times(values: Sequence[datetime | None]) -> Array:
    stamps = [None if value is None else (value - EPOCH) // MICROSECOND for value in values]
    return Array(stamps, DataType.int64()).cast(DataType.timestamp("us"))


def _column(column: Column, values: list[Any]) -> Array:
    """Builds the column in the type that the contract gives it."""
    if column.kind == "time":
        return _times(values)
    if column.kind == "category" and all(isinstance(value, int) for value in column.categories):
        return Array(values, DataType.int64())
    if column.kind == "float":
        values = [None if value is None else float(value) for value in values]
    return Array(values, TYPES.get(column.kind, DataType.string()))


def _probabilities(entries: list[Prediction], rows: int) -> Array:
    found = [entry.probabilities for entry in entries if entry.probabilities is not None]
    if not found:
        empty, none = np.zeros(rows + 1, dtype=np.int32), Array([True] * rows, DataType.bool())
        return list_array(Array(empty), Array(np.zeros(0)), mask=none)
    values = np.concatenate(found)
    offsets = np.arange(rows + 1, dtype=np.int32) * values.shape[1]
    return list_array(Array(offsets), Array(values.reshape(-1)))


def table(entries: list[Prediction]) -> Table:
    """Turns what one model answered into the table of the log."""
    rows = [row for entry in entries for row in entry.rows]
    columns = {
        column.name: _column(column, [row.get(column.name) for row in rows])
        for column in entries[0].model.bundle.columns
    }
    labels = [label for entry in entries for label in entry.labels] or [None] * len(rows)
    columns["_request_id"] = Array([entry.request_id for entry in entries for _ in entry.rows], DataType.string())
    columns["_row"] = Array([place for entry in entries for place in range(len(entry.rows))], DataType.int64())
    columns["_time"] = _times([entry.time for entry in entries for _ in entry.rows])
    columns["_model_version"] = Array([entry.model.version for entry in entries for _ in entry.rows], DataType.string())
    columns["_label"] = Array(labels, DataType.string())
    columns["_value"] = Array(np.concatenate([entry.values for entry in entries]))
    columns["_probabilities"] = _probabilities(entries, len(rows))
    return Table.from_arrays(list(columns.values()), names=list(columns))


class PredictionLog:
    """Takes predictions from the request path, and writes them in a thread of its own."""

    def __init__(self, folder: Path, seconds: float, telemetry: Telemetry) -> None:
        """Writes below that folder, at least every so many seconds."""
        self._folder, self._seconds, self._telemetry = folder, seconds, telemetry
        self._waiting: deque[Prediction] = deque()
        self._rows = 0
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="prediction-log", daemon=True)

    def start(self) -> None:
        """Makes sure that the folder can be written to, and starts the thread.

        Raises:
            Refusal: It can't.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with replacing(self._folder / "probe") as beside:
                beside.touch()
            (self._folder / "probe").unlink()
        except OSError as error:
            raise Refusal(f"the prediction log can't be written to {self._folder}: {error.strerror}.") from None
        self._thread.start()

    def put(self, entry: Prediction) -> None:
        """Takes rows, or drops them where too many wait."""
        rows = len(entry.rows)
        with self._lock:
            full = self._rows + rows > MAX_WAITING
            if not full:
                self._waiting.append(entry)
                self._rows += rows
        if full:
            self._drop(rows)
        elif self._rows >= FILE_ROWS:
            self._wake.set()

    def stop(self) -> None:
        """Writes what waits, and ends the thread; what can't be written is dropped."""
        self._stopping = True
        self._wake.set()
        self._thread.join()
        if self._rows:
            self._drop(self._rows)

    def _drop(self, rows: int) -> None:
        self._telemetry.dropped_rows.inc(rows)
        logs.say(log, logging.WARNING, "rows of the prediction log were dropped", rows=rows)

    def _run(self) -> None:
        while not self._stopping:
            self._wake.wait(self._seconds)
            self._wake.clear()
            try:
                self._flush()
            except Exception:  # whatever it is: the rows wait on, and are counted when there are too many
                log.exception("the prediction log can't be written", extra={"facts": {"folder": str(self._folder)}})

    def _flush(self) -> None:
        """Writes what waits, a file for each model and day."""
        while entries := self._next():
            first = entries[0]
            day = self._folder / f"{first.time:%Y-%m-%d}"
            with replacing(day / f"{first.time:%H%M%S.%f}-{secrets.token_hex(4)}.parquet") as beside:
                write_parquet(table(entries), beside, compression="zstd(1)")
            rows = sum(len(entry.rows) for entry in entries)
            with self._lock:
                for _ in entries:
                    self._waiting.popleft()
                self._rows -= rows
            self._telemetry.logged_rows.inc(rows)

    def _next(self) -> list[Prediction]:
        """Returns the first entries that wait and belong into one file."""
        with self._lock:
            waiting = list(islice(self._waiting, FILE_ROWS))
        entries: list[Prediction] = []
        rows = 0
        for entry in waiting:
            rows += len(entry.rows)
            if entries and (
                rows > FILE_ROWS or entry.model is not entries[0].model or entry.time.date() != entries[0].time.date()
            ):
                break
            entries.append(entry)
        return entries
