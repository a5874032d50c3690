"""The temporary folder of one run; the folders that killed runs left are removed by the next one."""

import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

PREFIX = "template-update-"
IN_USE = "in-use.lock"  # held while its run lives, whatever ends it
HOUR = 3600


@contextmanager
def folder() -> Iterator[Path]:
    """Makes the folder, and removes it afterwards."""
    for place in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if _is_left(place):
            shutil.rmtree(place, ignore_errors=True)  # what can't be removed does no harm to this run
    with (
        tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as made,
        FileLock(Path(made) / IN_USE),
    ):
        yield Path(made).resolve()


def _is_left(place: Path) -> bool:
    """Tells whether a folder was made here, by this user, an hour ago at least, for a run that no longer lives."""
    lock = place / IN_USE
    try:
        made, file = place.lstat(), lock.lstat()
    except OSError:  # another run has just removed it, or it is somebody else's
        return False
    own = made.st_uid == file.st_uid == (os.getuid() if hasattr(os, "getuid") else made.st_uid)
    if not (own and stat.S_ISDIR(made.st_mode) and stat.S_ISREG(file.st_mode) and time.time() - file.st_mtime > HOUR):
        return False
    try:
        with FileLock(lock, timeout=0):
            return True
    except Timeout:
        return False
