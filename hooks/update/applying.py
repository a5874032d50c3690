"""Puts a planned update into the project's files and index, all of it or nothing, also when it is killed midway."""

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import recovery
from filelock import FileLock, Timeout
from planning import Plan
from project import Project
from repository import GuardError, run
from writing import index, undo
from writing.journal import Journal, Places
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
            recovery.demand_finished(places)
        else:
            recovery.undo_killed(places)
        yield


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
            log.warning("the update is written%s", recovery.kept([], refs))
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
            log.warning("the update is taken back%s", recovery.kept(others, refs))
        journal.close()
    except (OSError, GuardError) as second:
        message = (
            f"the update failed ({error or type(error).__name__}) and its files could not all be restored ({second}): "
            "make room or give access, and call it again, it restores them first"
        )
        raise GuardError(message) from error
