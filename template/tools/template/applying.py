"""Puts a planned update into the project's files and index, all of it or nothing, also when it is killed midway."""

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from planning import Plan
from project import Project
from repository import GuardError, run
from writing import index, legacy, undo
from writing.journal import Change, Journal, Places
from writing.stage import prepare
from writing.swap import swap
from writing.unchanged import demand_head, demand_unchanged

log = logging.getLogger(__name__)


def recover(folder: Path, *, dry: bool = False) -> None:
    """Undoes a killed update in the repository of a folder. Call it before the project is read: its record may be gone.

    Args:
        folder: A folder of the project.
        dry: Whether nothing may be written; then a killed update that must be undone is refused.

    Raises:
        GuardError: Another update is running, or a dry run met a killed one.
    """
    inside = folder.is_dir() and os.fsdecode(run("rev-parse", "--show-toplevel", at=folder, allowed=(0, 128)).stdout)
    if inside:  # else there is no repository, which `Project.at` explains
        with _locked(Places.of(Path(inside.rstrip("\n"))), dry=dry):
            pass


@contextmanager
def alone(project: Project, *, dry: bool = False) -> Iterator[None]:
    """Keeps other updates of the same repository out, and first undoes one that was killed.

    Args:
        project: The project.
        dry: Whether nothing may be written.

    Raises:
        GuardError: As in `recover`.
    """
    with _locked(Places.of(project.top), dry=dry):
        yield


@contextmanager
def _locked(places: Places, *, dry: bool) -> Iterator[None]:
    file = places.folder.with_suffix(".lock")
    if dry and not file.exists():
        yield
        return
    lock = FileLock(file)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        message = f"another update of {places.top} is running: wait for it"
        raise GuardError(message) from None
    with lock:
        if dry:
            _demand_finished(places)
        else:
            _recover(places)
        yield


def _demand_finished(places: Places) -> None:
    """Refuses a dry run where an update was killed: its plan would be made from files that are half new."""
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


def _recover(places: Places) -> None:
    """Undoes a killed update."""
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
            log.warning("an update was killed here, %d files are restored%s", count, _kept(others, refs))
        journal.close()
    shutil.rmtree(places.folder, ignore_errors=True)  # of one that was killed before it wrote


def _kept(others: list[Change], refs: list[str]) -> str:
    stay = f"; {_names([change.path for change in others])} changed since and stay{'s' * (len(others) == 1)} as it is"
    return (stay if others else "") + "".join(f"; what was saved is kept in {ref}" for ref in refs)


def apply(plan: Plan) -> None:
    """Writes the update; on any failure the project is as it was.

    Raises:
        GuardError: It could not be written.
    """
    places = Places.of(plan.project.top)
    try:
        journal = prepare(plan, places)
        with index.locked(places):
            demand_unchanged(plan, journal)
            journal.save()
            _write(plan, journal)
        refs = undo.keep_typed(journal, [], "saved while an update was written")
        if refs:
            log.warning("the update is written%s", _kept([], refs))
        journal.close()
    finally:
        if not places.journal.exists():
            shutil.rmtree(places.folder, ignore_errors=True)


def _write(plan: Plan, journal: Journal) -> None:
    try:
        swap(journal)
        demand_head(plan)
        index.replace(journal, [(change, change.index) for change in journal.changes])
        demand_head(plan)
    except BaseException as error:
        _take_back(journal, error)
        raise


def _take_back(journal: Journal, error: BaseException) -> None:
    try:
        others = undo.undo(journal, journal.changes)
        refs = undo.keep_typed(journal, others, "saved while an update was written and taken back")
        if others or refs:
            log.warning("the update is taken back%s", _kept(others, refs))
        journal.close()
    except (OSError, GuardError) as second:
        message = (
            f"the update failed ({error or type(error).__name__}) and its files could not all be restored ({second}): "
            "make room or give access, and call it again, it restores them first"
        )
        raise GuardError(message) from error
