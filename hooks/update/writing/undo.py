"""Takes back what an update wrote, and nothing else: a file that holds other bytes by now is somebody's, and stays."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from repository import tree

from . import index, snapshot
from .files import give, look, prune, take
from .journal import OLD, UNDONE, Change, Journal


def undoable(journal: Journal) -> list[Change]:
    """Returns the changes whose path has in the last commit what it had before the update.

    Where it has something else, a person went on, with a commit or on another branch: what is there is theirs.
    """
    last = tree("HEAD", journal.places.top)
    return [change for change in journal.changes if last.get(change.path) == change.old]


def written(journal: Journal, changes: list[Change]) -> list[Change]:
    """Returns the changes of which the working tree holds what the update wrote, or a gap that it left."""
    return [change for change in changes if _is_ours(journal, change) or _is_gap(journal, change)]


def _is_ours(journal: Journal, change: Change) -> bool:
    saved = change.was is None or look(journal.at(OLD, change)) is not None
    return change.wrote is not None and saved and look(journal.here(change)) == change.wrote


def _is_gap(journal: Journal, change: Change) -> bool:
    return look(journal.here(change)) is None and look(journal.at(OLD, change)) is not None


def undo(journal: Journal, changes: list[Change]) -> list[Change]:
    """Takes changes back, as far as nobody touched them; the caller has the lock of git's index.

    Looks at what lies there, so it may be killed and repeated at any point.

    Returns:
        The changes whose path does not hold now what it held before the update.
    """
    top = journal.places.top
    for change in changes:
        if _is_ours(journal, change):
            take(journal.here(change), journal.at(UNDONE, change))
            if look(journal.at(UNDONE, change)) != change.wrote:  # saved in this moment
                _give_back(journal.at(UNDONE, change), journal.here(change))
    for folder in sorted(journal.folders, key=len, reverse=True):
        prune(top / folder, (top / folder).parent)
    for change in changes:
        if _is_gap(journal, change):
            _give_back(journal.at(OLD, change), journal.here(change))
    entries = index.read(top).entries
    staged = [change for change in changes if entries.get(change.path, []) == change.index != index.of(change.old)]
    if staged:
        index.replace(journal, [(change, index.of(change.old)) for change in staged])
    return [change for change in changes if look(journal.here(change)) != change.was]


def _give_back(source: Path, place: Path) -> None:
    with suppress(FileExistsError, NotADirectoryError):  # it stays in the stage, and `close` puts it under a ref
        give(source, place)


def keep_typed(journal: Journal, others: list[Change], reason: str) -> list[str]:
    """Puts under refs what people typed: what lies at those paths, and what a quick editor saved into a moved file.

    Args:
        journal: The journal.
        others: Changes whose path holds something that is not the update's; it stays there too.
        reason: What the refs say.

    Returns:
        The refs. Say them before the journal is closed.
    """
    groups = [
        [(change.path, journal.here(change)) for change in others],
        *(_typed(journal, at) for at in (OLD, UNDONE)),
    ]
    refs = []
    for group in groups:
        files = {path: file for path, file in group if file.is_file() or file.is_symlink()}
        if files:
            refs.append(snapshot.keep(journal.places, files, reason))
    return refs


def _typed(journal: Journal, kind: str) -> Iterator[tuple[str, Path]]:
    """Finds files that were renamed away and hold what neither the commit nor the update had: an editor was quick."""
    for change in journal.changes:
        file = journal.at(kind, change)
        if look(file) not in (None, change.was if kind == OLD else change.wrote):
            inner = file.rglob("*") if file.is_dir() and not file.is_symlink() else [file]
            yield from ((change.path + path.as_posix().removeprefix(file.as_posix()), path) for path in inner)
