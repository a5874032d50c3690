"""Writes the prediction log, as a process: `python -m ...log_writer FOLDER SECONDS [BUCKET BYTES]`.

The service hands over blocks of lines on stdin, and gets a status for each on stdout. A block goes into a journal at
once; every so many seconds the journal becomes Parquet. A journal that was left behind, by whatever death, is taken
over by the next writer that starts in the folder. With a bucket, the files go there.
"""

import json
import os
import signal
import struct
import sys
import threading
import time
from pathlib import Path
from typing import IO

from .bucket import Bucket
from .journal import FILE_ROWS, Journal, fresh

HEAD = struct.Struct(">II")  # of a block: bytes and rows
FILE_BYTES = 8_000_000  # a journal that has so many becomes Parquet before its time
MOST = 20  # journals that wait to become Parquet; then the one that is written to grows on
NICE, PAUSE = 10, 0.05  # of the thread that makes Parquet; seconds between two rounds


class Writer:
    """The journals of one folder: the one that is written to, and those that wait to become Parquet."""

    def __init__(self, folder: Path, seconds: float, bucket: Bucket | None = None) -> None:
        """Takes over what others left behind."""
        self.folder, self.seconds, self.bucket = folder, seconds, bucket
        self.written, self.errors = 0, {"take": "", "convert": ""}
        self._current: Journal | None = None
        self._closed: list[Journal] = []  # one thread appends, the other one takes away
        for path in sorted(folder.glob(".*.journal")):
            try:
                self._closed.append(Journal(path))
            except OSError:
                continue  # its writer lives

    def take(self, block: bytes, rows: int) -> bool:
        """Takes a block; whether it is in the journal now."""
        self.errors["take"] = ""
        if block and self.bucket and self.bucket.full:
            self.errors["take"] = "as many bytes wait for the bucket as may"
            return False
        try:
            if self._current and not self._current.path.exists():
                self.close(due=False)
            if block:
                self._current = self._current or Journal(fresh(self.folder))
                self._current.append(block, rows)
        except OSError as error:
            self.errors["take"] = _named(error)
        return not self.errors["take"]

    def close(self, *, due: bool = True) -> None:
        """Closes the journal that is written to, if it is due; without `due`, in any case."""
        now = self._current
        if now and due and len(self._closed) < MOST:
            due = now.rows < FILE_ROWS and now.size < FILE_BYTES and time.time() - now.since < self.seconds
        if now and not due:
            self._closed.append(now)
            self._current = None

    def convert(self) -> None:
        """Makes Parquet of the journals that are closed."""
        failed = ""
        for journal in list(self._closed):
            try:
                self.written += journal.convert()
                self._closed.remove(journal)
            except BaseException as error:  # also a panic of Arrow, which is no Exception: it stays for a next time
                failed = _named(error)
        self.errors["convert"] = failed

    def convert_until(self, ended: threading.Event) -> None:
        """Does so again and again, and gives way to all else: answers, and the journal."""
        if sys.platform == "linux":
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
        while not ended.wait(PAUSE):
            self.convert()

    def status(self, *, taken: bool) -> bytes:
        """Returns what the service is told, as a line."""
        waiting = [*self._closed, *([self._current] if self._current else [])]
        since = min((journal.since for journal in waiting), default=None)
        error = self.errors["take"] or self.errors["convert"]
        said = {"taken": taken, "written": self.written, "since": since, "error": error}
        return json.dumps(said | ({"bucket": self.bucket.waiting} if self.bucket else {})).encode() + b"\n"


def _named(error: BaseException) -> str:
    return f"{type(error).__name__} {getattr(error, 'strerror', None) or ''}".strip()


def _read(stream: IO[bytes], size: int) -> bytes | None:
    found = stream.read(size)
    return found if len(found) == size else None


def main() -> None:
    """Takes blocks until the service closes the pipe, or dies."""
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)  # a signal to all is for the service, which says when it is done
    folder, seconds, *further = sys.argv[1:]
    bucket = Bucket(Path(folder), further[0], int(further[1])) if further else None
    writer, ended = Writer(Path(folder), float(seconds), bucket), threading.Event()
    converting = threading.Thread(target=writer.convert_until, args=[ended], daemon=True)
    converting.start()
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while head := _read(source, HEAD.size):
        size, rows = HEAD.unpack(head)
        block = _read(source, size)
        if block is None:
            break
        sink.write(writer.status(taken=writer.take(block, rows)))
        sink.flush()
        writer.close()
    ended.set()
    converting.join()
    writer.close(due=False)
    writer.convert()
    if bucket:
        bucket.finish()
    try:
        sink.write(writer.status(taken=True))
        sink.flush()
    except BrokenPipeError:
        os._exit(0)  # the service has died; what it handed over is written


if __name__ == "__main__":
    main()
