"""The process that writes the prediction log, as the service sees it: started, asked, ended, and started again."""

import subprocess
import sys
import threading
from typing import NotRequired, TypedDict

from pydantic_core import from_json

from . import log_writer
from .bucket import Waiting

END = 8.0  # seconds for the last files, within those that a container has to stop; what remains is in the journal


class Status(TypedDict):
    """What the process says.

    Attributes:
        taken: Whether the block is in its journal.
        written: Rows in Parquet files, since it started.
        since: When the oldest row came that is in no file yet, in seconds since 1970.
        error: Why it can't write, or nothing.
        bucket: What waits for the bucket, if there is one.
    """

    taken: bool
    written: int
    since: float | None
    error: str
    bucket: NotRequired[Waiting]


class LogProcess:
    """One process after the other, of which each takes over what the one before it left."""

    def __init__(self, *arguments: str) -> None:
        """Starts none yet; the arguments are those of `log_writer`."""
        self._command = [sys.executable, "-m", log_writer.__name__, *arguments]
        self._process: subprocess.Popen[bytes] | None = None
        self._written = 0

    def start(self) -> None:
        """Starts a process if there is none."""
        if self._process is None:
            self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603
            self._written = 0

    def ask(self, block: bytes, rows: int) -> tuple[Status, int]:
        """Hands over a block; returns the status, and how many rows were written since the last one.

        Raises:
            OSError: The process has died.
        """
        self.start()
        process = self._process
        assert process and process.stdin  # noqa: S101 - for mypy
        process.stdin.write(log_writer.HEAD.pack(len(block), rows) + block)
        process.stdin.flush()
        return self._status()

    def _status(self) -> tuple[Status, int]:
        process = self._process
        assert process and process.stdout  # noqa: S101 - for mypy
        line = process.stdout.readline()
        if not line:
            raise ConnectionError(f"the process that writes it ended with {process.wait()}")
        status: Status = from_json(line)
        written, self._written = status["written"] - self._written, status["written"]
        return status, written

    def kill(self) -> None:
        """Ends the process at once; its journal stays."""
        if self._process:
            self._process.kill()
            self._process.communicate()
        self._process = None

    def finish(self) -> tuple[Status, int]:
        """Lets the process write the last files and end; kills it if that takes too long.

        Raises:
            OSError: It did not; its journal stays.
        """
        self.start()
        process = self._process
        assert process and process.stdin  # noqa: S101 - for mypy
        killer = threading.Timer(END, process.kill)
        killer.start()
        try:
            process.stdin.close()
            return self._status()
        finally:
            process.wait()
            killer.cancel()
            self._process = None
