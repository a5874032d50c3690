"""The prediction log: every row that was answered, as Parquet files that monitoring reads.

The request path only appends to a list; a thread writes what has gathered. A file is written beside and renamed, so
that a reader sees whole files only. What has not been written is bounded: beyond it rows are dropped, counted and said.
"""

import logging
import secrets
import threading
import time
from collections import deque
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from arro3.core import RecordBatch, Table
from arro3.io import write_parquet

from ..stage import Refusal, replacing
from . import logs, prediction_table
from .answer import Prediction
from .telemetry import Telemetry

MAX_WAITING, MAX_BYTES = 50_000, 8_000_000  # rows, and bytes of the requests that they came with
LATE = 3  # times the seconds between two files, and what is waiting has waited too long
FILE_ROWS = 10_000  # so many rows are written at once, fewer when the time has passed
RETRY = 1.0  # seconds, where it could not be written
STEP, PAUSE = 100, 0.001  # predictions that are turned into columns at once, seconds between two steps
log = logging.getLogger(__name__)


class PredictionLog:
    """Takes predictions from the request path, and writes them in a thread of its own."""

    def __init__(self, folder: Path, seconds: float, telemetry: Telemetry) -> None:
        """Writes below that folder, at least every so many seconds."""
        self._folder, self._seconds, self._telemetry = folder, seconds, telemetry
        self._waiting: deque[Prediction] = deque()
        self._rows = self._bytes = 0
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
            full = self._rows + rows > MAX_WAITING or self._bytes + entry.size > MAX_BYTES
            if not full:
                self._waiting.append(entry)
                self._rows += rows
                self._bytes += entry.size
        if full:
            self._drop(rows)
        elif self._rows >= FILE_ROWS or self._bytes >= MAX_BYTES / 4:
            self._wake.set()

    def stop(self) -> None:
        """Writes what waits, and ends the thread; what can't be written is dropped."""
        self._stopping = True
        self._wake.set()
        self._thread.join()
        if self._rows:
            self._drop(self._rows)

    @property
    def oldest(self) -> float:
        """For how many seconds the oldest row has waited."""
        with self._lock:
            since = self._waiting[0].time if self._waiting else None
        return (datetime.now(UTC).replace(tzinfo=None) - since).total_seconds() if since else 0.0

    @property
    def late(self) -> bool:
        """Whether rows wait longer than they should: then the log can't be written."""
        return self.oldest > LATE * self._seconds

    def _drop(self, rows: int) -> None:
        self._telemetry.dropped_rows.inc(rows)
        logs.say(log, logging.WARNING, "rows of the prediction log were dropped", rows=rows)

    def _run(self) -> None:
        while not self._stopping:
            self._wake.wait(self._seconds)
            self._wake.clear()
            try:
                self._flush()
            except BaseException:  # also a panic of Arrow, which is no Exception: the rows wait on, for a next time
                log.exception("the prediction log can't be written", extra={"facts": {"folder": str(self._folder)}})
                time.sleep(0 if self._stopping else RETRY)

    def _flush(self) -> None:
        """Writes what waits, a file for each model and day."""
        while entries := self._next():
            first = entries[0]
            day = self._folder / f"{first.time:%Y-%m-%d}"
            with replacing(day / f"{first.time:%H%M%S.%f}-{secrets.token_hex(4)}.parquet") as beside:
                write_parquet(self._table(entries), beside, compression="zstd(1)")
            rows = sum(len(entry.rows) for entry in entries)
            with self._lock:
                for entry in entries:
                    self._waiting.popleft()
                    self._bytes -= entry.size
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
