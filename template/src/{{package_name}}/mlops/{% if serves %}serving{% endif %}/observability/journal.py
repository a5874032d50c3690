"""A file of lines on its way to Parquet: what is in it outlives the death of every process."""

import os
import secrets
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from ...core.atomic import replacing

FILE_ROWS = 10_000  # of one Parquet file


def fresh(folder: Path) -> Path:
    """Returns the path of a new journal; hidden, so that nobody takes it for data."""
    return folder / f".{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(8)}.journal"


class Journal:
    """A journal that no other process writes to, or takes over, while this one lives."""

    def __init__(self, path: Path) -> None:
        """Opens it, or makes it.

        Raises:
            OSError: It can't be opened, or another process has it.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path, self._stream = path, path.open("a+b", buffering=0)
        self.since, self.rows, self.size = time.time(), 0, self._stream.tell()
        if sys.platform != "win32":
            import fcntl

            try:
                fcntl.flock(self._stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                self._stream.close()
                raise

    def append(self, block: bytes, rows: int) -> None:
        """Writes a block, whole or not at all.

        Raises:
            OSError: Not at all: the disk is full, say.
        """
        left = memoryview(block)
        try:
            while left:
                left = left[self._stream.write(left) :]
        except OSError:
            self._stream.truncate(self.size)
            raise
        self.size += len(block)
        self.rows += rows

    def convert(self) -> int:
        """Writes the lines as Parquet, removes the journal, and returns the number of rows.

        The names of the files follow from the journal's: one that is read again, because it could not be removed,
        replaces its files by equal ones.
        """
        from arro3.io import write_parquet

        from . import prediction_table

        rows, name = 0, self.path.stem.rpartition("-")[2]
        with os.fdopen(os.dup(self._stream.fileno()), "rb") as lines:  # by its path it may be gone
            lines.seek(0)
            for number, (when, table) in enumerate(prediction_table.tables(lines, FILE_ROWS)):
                time_ = datetime.fromtimestamp(when / 1e6, UTC)
                path = self.path.parent / f"{time_:%Y-%m-%d}" / f"{time_:%H%M%S.%f}-{name}-{number}.parquet"
                with replacing(path) as beside:
                    write_parquet(table, beside, compression="zstd(1)")
                rows += table.num_rows
        self.path.unlink(missing_ok=True)
        self._stream.close()
        return rows
