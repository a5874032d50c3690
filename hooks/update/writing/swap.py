"""Puts a prepared update into the working tree, file by file: each is renamed away, looked at, and replaced."""

from typing import NoReturn

from repository import GuardError

from .files import give, look, prune, take
from .journal import NEW, OLD, Change, Journal


def swap(journal: Journal) -> None:
    """Puts the new files in; what it stops at is to be undone.

    Raises:
        GuardError: Somebody saved a file in this moment.
    """
    leaving = [change for change in journal.changes if change.was and not change.wrote]
    for change in leaving:
        _take_away(journal, change)
        prune(journal.here(change).parent, journal.places.top)
    for change in journal.changes:
        if change.wrote:
            if change.was:
                _take_away(journal, change)
            try:
                give(journal.at(NEW, change), journal.here(change))
            except (FileExistsError, NotADirectoryError):
                _refuse(change)
    for change in journal.changes:
        here = look(journal.here(change))
        gone = change.wrote is None and here is not None and here[0] == "folder"  # a folder came in its place
        if not (here == change.wrote or gone) or look(journal.at(OLD, change)) != change.was:
            _refuse(change)


def _take_away(journal: Journal, change: Change) -> None:
    take(journal.here(change), journal.at(OLD, change))
    if look(journal.at(OLD, change)) != change.was:
        _refuse(change)


def _refuse(change: Change) -> NoReturn:
    message = f"{change.path} was saved while the update was written: commit or stash it, then run the update again"
    raise GuardError(message)
