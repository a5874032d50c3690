"""Writes the prediction log, in a process of its own: `python -m <package>.serve.log_writer FOLDER SECONDS`.

The service hands over blocks of lines on stdin, and gets a status for each on stdout. A block goes into a journal at
once; every so many seconds the journal becomes Parquet. A journal that was left behind, by whatever death, is taken
over by the next writer that starts in the folder.
"""

import json
import os
import signal
import struct
import sys
import time
from pathlib import Path
from typing import IO

from .journal import FILE_ROWS, Journal, fresh

HEAD = struct.Struct(">II")  # of a block: bytes and rows
FILE_BYTES = 8_000_000  # a journal that has so many becomes Parquet before its time


class Writer:
    """The journals of one folder: the one that is written to, and those that wait to become Parquet."""

    def __init__(self, folder: Path, seconds: float) -> None:
        """Takes over what others left behind."""
        self.folder, self.seconds = folder, seconds
        self.written, self.errors = 0, {"take": "", "convert": ""}
        self._current: Journal | None = None
        self._closed: list[Journal] = []
        for path in sorted(folder.glob(".*.journal")):
            try:
                self._closed.append(Journal(path))
            except OSError:
                continue  # its writer lives

    def take(self, block: bytes, rows: int) -> bool:
        """Takes a block; whether it stands in the journal now."""
        self.errors["take"] = ""
        try:
            if self._current and not self._current.path.exists():
                self._close()
            if block:
                self._current = self._current or Journal(fresh(self.folder))
                self._current.append(block, rows)
        except OSError as error:
            self.errors["take"] = _named(error)
        return not self.errors["take"]

    def _close(self) -> None:
        if self._current:
            self._closed.append(self._current)
        self._current = None

    def convert(self, *, all_: bool = False) -> None:
        """Makes Parquet of what is due."""
        self.errors["convert"] = ""
        now = self._current
        if now and (all_ or now.rows >= FILE_ROWS or now.size >= FILE_BYTES or time.time() - now.since >= self.seconds):
            self._close()
        for journal in list(self._closed):
            try:
                self.written += journal.convert()
                self._closed.remove(journal)
            except BaseException as error:  # also a panic of Arrow, which is no Exception: it stays for a next time
                self.errors["convert"] = _named(error)

    def status(self, *, taken: bool) -> bytes:
        """Returns what the service is told, as a line."""
        waiting = [*self._closed, *([self._current] if self._current else [])]
        since = min((journal.since for journal in waiting), default=None)
        error = self.errors["take"] or self.errors["convert"]
        return json.dumps({"taken": taken, "written": self.written, "since": since, "error": error}).encode() + b"\n"


def _named(error: BaseException) -> str:
    return f"{type(error).__name__} {getattr(error, 'strerror', None) or ''}".strip()


def _read(stream: IO[bytes], size: int) -> bytes | None:
    found = stream.read(size)
    return found if len(found) == size else None


def main() -> None:
    """Takes blocks until the service closes the pipe, or dies."""
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)  # a signal to all is for the service, which says when it is done
    if sys.platform != "win32":
        os.nice(10)  # answers come first
    writer = Writer(Path(sys.argv[1]), float(sys.argv[2]))
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while head := _read(source, HEAD.size):
        size, rows = HEAD.unpack(head)
        block = _read(source, size)
        if block is None:
            break
        sink.write(writer.status(taken=writer.take(block, rows)))
        sink.flush()
        writer.convert()
    writer.convert(all_=True)
    try:
        sink.write(writer.status(taken=True))
        sink.flush()
    except BrokenPipeError:
        os._exit(0)  # the service has died; what it handed over is written


if __name__ == "__main__":
    main()
