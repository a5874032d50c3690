"""Moves single files so that no byte gets lost: a file is renamed away and never overwritten.

What an editor saves at the same moment is either in the file that was renamed away, or in the way of the new one.
"""

import errno
import hashlib
import os
import shutil
import time
from collections.abc import Set
from pathlib import Path

Mark = tuple[str, str]  # what lies at a path ("file", "link", "other"), and the digest of its bytes


def look(place: Path) -> Mark | None:
    """Returns what lies at a path, or None; by its bytes, as the size and time of a file prove nothing."""
    try:
        if place.is_symlink():
            return "link", hashlib.sha256(os.fsencode(place.readlink())).hexdigest()
        if place.is_file():
            return "file", hashlib.sha256(place.read_bytes()).hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return ("other", "") if os.path.lexists(place) else None


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


def obstacle(folder: Path, path: str, leaving: Set[str]) -> str | None:
    """Returns what is in the way of a new file, or None: something of its name, or a parent that is no real folder.

    Args:
        folder: The project.
        path: Of the new file, from the project's folder.
        leaving: Paths of files that make room.
    """
    names = path.split("/")
    for count in range(1, len(names) + 1):
        part = "/".join(names[:count])
        place = folder / part
        if not os.path.lexists(place):
            return None
        if place.is_symlink() or not place.is_dir():
            if part not in leaving:
                return part
            if count < len(names):
                return None  # a folder comes in its place
    real = (folder / path).is_dir() and not (folder / path).is_symlink()
    return path if real and not _makes_room(folder / path, folder, leaving) else None


def obstacles(folder: Path, before: Set[str], after: Set[str]) -> dict[str, str]:
    """Returns what is in the way of new files, by the path of each.

    Args:
        folder: The project.
        before: Its paths in git now.
        after: Those after an update.
    """
    leaving = before - after
    ways = ((path, obstacle(folder, path, leaving)) for path in sorted(after - before))
    return {path: place for path, place in ways if place}


def _makes_room(place: Path, folder: Path, leaving: Set[str]) -> bool:
    for root, folders, files in os.walk(place):
        inner = Path(root).relative_to(folder).as_posix()
        links = [name for name in folders if (Path(root) / name).is_symlink()]
        empty = not folders and not files
        if empty or any(f"{inner}/{name}" not in leaving for name in (*files, *links)):
            return False
    return True
