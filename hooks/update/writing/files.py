"""Moves single files so that no byte gets lost: a file is renamed away and never overwritten.

What an editor saves at the same moment is either in the file that was renamed away, or in the way of the new one.
"""

import errno
import hashlib
import os
import shutil
import time
from pathlib import Path

Mark = tuple[str, str]  # what lies at a path ("file", "link", "folder", "other"), and the digest of its bytes


def look(place: Path) -> Mark | None:
    """Returns what lies at a path, or None; by its bytes, as the size and time of a file prove nothing."""
    try:
        if place.is_symlink():
            return "link", hashlib.sha256(os.fsencode(place.readlink())).hexdigest()
        if place.is_file():
            return "file", hashlib.sha256(place.read_bytes()).hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return ("folder" if place.is_dir() else "other", "") if os.path.lexists(place) else None


def _beside(place: Path) -> Path:
    return place.with_name(f".{place.name}.{os.getpid()}-{time.time_ns()}")


def take(place: Path, into: Path) -> None:
    """Renames a file or link away."""
    into.parent.mkdir(parents=True, exist_ok=True)
    try:
        place.rename(into)
    except OSError as error:
        if error.errno != errno.EXDEV:  # the git directory may be on another disk
            raise
        aside = _beside(place)
        place.rename(aside)
        shutil.copy2(aside, into, follow_symlinks=False)
        aside.unlink()


def give(source: Path, place: Path) -> None:
    """Puts a file or link where nothing lies.

    Raises:
        FileExistsError: Something lies there; it stays, and so does the source.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    if source.is_symlink():
        place.symlink_to(source.readlink())
    elif not _linked(source, place):
        near = _beside(place)
        try:
            shutil.copy2(source, near)
            if not _linked(near, place):
                if os.path.lexists(place):
                    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(place))
                near.rename(place)
        finally:
            near.unlink(missing_ok=True)
    source.unlink()


def _linked(source: Path, place: Path) -> bool:
    """Makes a hard link; returns False on a disk that has none, or on another one."""
    try:
        place.hardlink_to(source)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno in (errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK):
            return False
        raise
    return True


def prune(folder: Path, top: Path) -> None:
    """Removes a folder and its parents below the top, as far as they are empty."""
    while folder != top:
        try:
            folder.rmdir()
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT, errno.ENOTDIR):
                return
            raise
        folder = folder.parent
