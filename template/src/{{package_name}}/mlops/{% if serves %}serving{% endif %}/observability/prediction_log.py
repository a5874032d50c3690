"""The prediction log: every row that was answered, as Parquet files that monitoring reads.

The request path only appends a line to a bounded queue. A thread hands over what has gathered, many times a second,
to a process that puts it into a journal at once and makes Parquet of it later: a killed service loses its last moment.
"""

import logging
import threading
import time
from collections import deque
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from ...core.atomic import replacing
from ...core.errors import Refusal
from ..model.answer import Model, Prediction
from . import logs
from .log_line import head
from .log_process import LogProcess, Status
from .telemetry import Telemetry
from .uploads import Uploads

MAX_WAITING, MAX_BYTES = 100_000, 16_000_000  # rows, and bytes of their lines
BLOCK = 1_000_000  # bytes that are handed over at once, as far as a single line does not have more
BEAT, IDLE, RETRY = 0.05, 0.5, 1.0  # seconds between two blocks, two without rows, two of which one failed
LATE = 3  # times the seconds between two files, and what is waiting has waited too long
log = logging.getLogger(__name__)


class PredictionLog:
    """Takes predictions from the request path, and hands them over in a thread of its own."""

    def __init__(self, folder: Path, seconds: float, telemetry: Telemetry, *bucket: str) -> None:
        """Writes below that folder, at least every so many seconds; `bucket`: address, and bytes that may wait."""
        self._folder, self._seconds, self._telemetry = folder, seconds, telemetry
        self._process, self._uploads = LogProcess(str(folder), str(seconds), *bucket), Uploads(telemetry)
        self._waiting: deque[tuple[Model, datetime, int, bytes]] = deque()
        # Each of these is changed by one thread: what came by that of the requests, what went by that of the log.
        self._rows_in = self._rows_out = self._bytes_in = self._bytes_out = 0
        self._untold, self._told, self._error = 0, 0.0, ""
        self._since: float | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="prediction-log", daemon=True)

    def start(self) -> None:
        """Makes sure that the folder can be written to, and starts process and thread.

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
        self._process.start()
        self._thread.start()

    def put(self, made: Prediction, said: bytes) -> None:
        """Takes the rows of a request and their line, or drops them where too many wait."""
        rows, size = len(made.rows), len(said)
        waiting, held = self._rows_in - self._rows_out, self._bytes_in - self._bytes_out
        if waiting + rows > MAX_WAITING or held + size > MAX_BYTES:
            self._drop(rows)
        else:
            self._rows_in, self._bytes_in = self._rows_in + rows, self._bytes_in + size
            self._waiting.append((made.model, made.time, rows, said))

    def stop(self) -> None:
        """Hands over what waits, and ends the process when it has written; what it did not take is dropped."""
        self._stopping.set()
        self._thread.join()
        self._drop(self._rows_in - self._rows_out)
        self._tell()

    @property
    def oldest(self) -> float:
        """For how many seconds the oldest row that is in no file yet has waited."""
        moments = [] if self._since is None else [self._since]
        moments += [when.replace(tzinfo=UTC).timestamp() for _, when, *_ in islice(self._waiting.copy(), 1)]
        return max(time.time() - min(moments), 0.0) if moments else 0.0

    @property
    def late(self) -> bool:
        """Whether rows wait longer than they should: then the log can't be written."""
        return self.oldest > LATE * self._seconds + 2 * IDLE

    def _drop(self, rows: int) -> None:
        self._telemetry.dropped_rows.inc(rows)
        self._untold += rows
        if time.monotonic() - self._told > 1:  # a line for each would fill the service's log
            self._tell()

    def _tell(self) -> None:
        if self._untold:
            logs.say(log, logging.WARNING, "rows of the prediction log were dropped", rows=self._untold)
        self._untold, self._told = 0, time.monotonic()

    def _run(self) -> None:
        asked = 0.0
        while not self._stopping.wait(RETRY if self._error else BEAT) or (self._waiting and not self._error):
            if not self._waiting and time.monotonic() - asked < IDLE:
                continue
            asked = time.monotonic()
            try:
                while self._hand_over() and self._bytes_in - self._bytes_out >= BLOCK:
                    pass  # a full block more; less waits for the next beat
            except Exception as error:  # whatever it is: the rows wait on, for a process that lives
                self._failed(f"{type(error).__name__}: {error}")
                self._process.kill()
        try:
            while self._waiting and self._hand_over():
                pass
            self._heard(*self._process.finish())
        except Exception as error:  # the same, but there is no next time: the journal waits for the next service
            self._failed(f"{type(error).__name__}: {error}")

    def _hand_over(self) -> bool:
        """Hands over a block, and takes it from the queue when it is in the journal."""
        lines: list[bytes] = []
        model: Model | None = None
        entries = rows = size = 0
        for its, _, number, said in self._waiting.copy():
            if its is not model:
                model = its
                lines.append(head(model))
            lines.append(said)
            entries, rows, size = entries + 1, rows + number, size + len(said)
            if size >= BLOCK:
                break
        taken = self._heard(*self._process.ask(b"".join(lines), rows))
        for _ in range(entries if taken else 0):
            self._waiting.popleft()
        self._rows_out, self._bytes_out = self._rows_out + rows * taken, self._bytes_out + size * taken
        return taken

    def _heard(self, status: Status, written: int) -> bool:
        self._telemetry.logged_rows.inc(written)
        self._since = status["since"]
        self._uploads.heard(status.get("bucket"))
        self._failed(status["error"])
        return status["taken"]

    def _failed(self, error: str) -> None:
        if error not in ("", self._error):
            logs.say(log, logging.ERROR, "the prediction log can't be written", folder=str(self._folder), error=error)
        self._error = error
