"""What is in the way of new files: of their names, or of their folders' names, whether git sees it or not."""

import os
from collections.abc import Set
from pathlib import Path

from merging import Merge


def keep(folder: Path, merge: Merge) -> None:
    """Lets what is in the way of a new file stay, and says so; git never had an ignored file, so it would be gone."""
    leaving = merge.ours.keys() - merge.result.keys()
    for path in sorted(merge.result.keys() - merge.ours.keys()):
        place = obstacle(folder, path, leaving)
        if place:
            what = "a file of this name" if place == path else f"{place}, which is no folder"
            merge.leave_out(path, f"new in the template, but here is {what}, and git ignores it: yours stays")
            _whole(merge, path)


def _whole(merge: Merge, path: str) -> None:
    """Leaves split files as they were where a file that names of theirs went to is not written."""
    merge.notes.pop(path, None)
    for old in merge.parted.get(path, []):
        merge.stages.pop(old, None)
        merge.result[old] = merge.ours[old]
        merge.reasons[old] = f"the template split it, and {path} can't be written: it stays as you have it"
        merge.person.add(old)


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


def _makes_room(place: Path, folder: Path, leaving: Set[str]) -> bool:
    for root, folders, files in os.walk(place):
        inner = Path(root).relative_to(folder).as_posix()
        links = [name for name in folders if (Path(root) / name).is_symlink()]
        empty = not folders and not files
        if empty or any(f"{inner}/{name}" not in leaving for name in (*files, *links)):
            return False
    return True
