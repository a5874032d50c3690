"""What is left of an update that was killed: found, undone, and told."""

import logging
import shutil

from repository import GuardError
from writing import index, legacy, undo
from writing.journal import Change, Journal, Places

log = logging.getLogger(__name__)


def demand_finished(places: Places) -> None:
    """Refuses a dry run where an update was killed: its plan would be made from files that are half new.

    Raises:
        GuardError: There is something to undo.
    """
    if places.legacy.exists():
        message = f"an update of {places.top} was killed: run the update without --dry-run first, it looks after that"
        raise GuardError(message)
    if not places.journal.exists():
        return
    journal = Journal.load(places)
    paths = [change.path for change in undo.written(journal, undo.undoable(journal))]
    if paths:
        message = (
            f"an update of {places.top} was killed and left {_names(paths)}: "
            "a dry run writes nothing, the update itself restores them first"
        )
        raise GuardError(message)


def _names(paths: list[str]) -> str:
    return ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")


def undo_killed(places: Places) -> None:
    """Undoes a killed update, if there was one; the caller keeps other updates out."""
    if places.legacy.exists():
        legacy.hand_over(places)
    if places.journal.exists():
        journal = Journal.load(places)
        with index.locked(places):
            changes = undo.undoable(journal)
            count = len(undo.written(journal, changes))
            others = undo.undo(journal, changes)
        refs = undo.keep_typed(journal, others, "an update was killed: what lay in its files and is not from it")
        if count or others or refs:
            log.warning("an update was killed here, %d files are restored%s", count, kept(others, refs))
        journal.close()
    shutil.rmtree(places.folder, ignore_errors=True)  # of one that was killed before it wrote


def kept(others: list[Change], refs: list[str]) -> str:
    """Says which files stay as they are, and where what was saved is kept."""
    stay = f"; {_names([change.path for change in others])} changed since and stay{'s' * (len(others) == 1)} as it is"
    return (stay if others else "") + "".join(f"; what was saved is kept in {ref}" for ref in refs)
