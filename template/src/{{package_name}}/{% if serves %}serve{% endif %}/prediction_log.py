"""The prediction log: every row that was answered, as Parquet files that monitoring reads.

The request path only appends to a list; a thread writes what has gathered. A file is written beside and renamed, so
that a reader sees whole files only. What has not been written is bounded: beyond it rows are dropped, counted and said.
"""

import logging
import secrets
import threading
import time
from collections import deque
from itertools import islice
from pathlib import Path

from arro3.core import RecordBatch, Table
from arro3.io import write_parquet

from ..stage import Refusal, replacing
from . import logs, prediction_table
from .answer import Prediction
from .telemetry import Telemetry

MAX_WAITING = 50_000  # rows
FILE_ROWS = 10_000  # so many rows are written at once, fewer when the time has passed
STEP, PAUSE = 100, 0.001  # predictions that are turned into columns at once, seconds between two steps
log = logging.getLogger(__name__)


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
                write_parquet(self._table(entries), beside, compression="zstd(1)")
            rows = sum(len(entry.rows) for entry in entries)
            with self._lock:
                for _ in entries:
                    self._waiting.popleft()
                self._rows -= rows
            self._telemetry.logged_rows.inc(rows)

    def _table(self, entries: list[Prediction]) -> Table:
        """Builds the table in steps, between which the thread that answers has its turn."""
        batches: list[RecordBatch] = []
        for start in range(0, len(entries), STEP):
            batches += prediction_table.build(entries[start : start + STEP]).to_batches()
            time.sleep(0 if self._stopping else PAUSE)
        return Table.from_batches(batches)

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
