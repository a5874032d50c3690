"""Knows, while it holds the lock of git's index, that all is as it was when the update was planned."""

from typing import NoReturn

from obstacles import obstacle
from planning import Plan
from repository import GuardError

from . import index, stage
from .files import look
from .journal import Change, Entry, Journal


def demand_unchanged(plan: Plan, journal: Journal) -> None:
    """Refuses where a commit, the index or a file that the update touches is not what it was planned for.

    Notes in the journal what lies at each path.

    Raises:
        GuardError: Something changed, or was changed before and git was told not to look (`--assume-unchanged`).
    """
    demand_head(plan)
    held = index.read(plan.project.folder)
    prefix = plan.project.prefix
    expected = {prefix + path: index.of(entry) for path, entry in plan.merge.ours.items()}
    if held.entries != expected:
        _refuse({path for path in {*held.entries, *expected} if held.entries.get(path) != expected.get(path)})
    if held.sparse:
        stage.leave_out(plan, journal, held.sparse)
    touched = [change for change in journal.changes if change.old and not (change.sparse and _absent(journal, change))]
    for change in touched:
        change.was = look(journal.here(change))
    _demand_free(journal)
    old: dict[str, Entry] = {change.path: change.old for change in touched if change.old}
    attributes = {prefix + path: entry for path, entry in plan.merge.ours.items() if path.endswith(".gitattributes")}
    edited = index.differing(journal, attributes | old) & old.keys()
    edited |= {change.path for change in touched if look(journal.here(change)) != change.was}
    if edited & held.unwatched:
        path = min(edited & held.unwatched)
        message = (
            f"{path} has changes that git was told not to look for, nothing is written: "
            f"`git update-index --no-assume-unchanged --no-skip-worktree {path}`, then commit or stash them"
        )
        raise GuardError(message)
    if edited:
        _refuse(edited)


def demand_head(plan: Plan) -> None:
    """Refuses where another commit is the last one now.

    Raises:
        GuardError: It is.
    """
    now = plan.project.head
    if now != plan.head:
        message = (
            f"{plan.project.top} got another commit ({now:.9}) during the update: nothing is written, run it again"
        )
        raise GuardError(message)


def _absent(journal: Journal, change: Change) -> bool:
    return look(journal.here(change)) is None


def _demand_free(journal: Journal) -> None:
    top = journal.places.top
    leaving = {change.path for change in journal.changes if change.was and not change.wrote}
    for change in journal.changes:
        if change.wrote and not change.was:
            place = obstacle(top, change.path, leaving)
            if place:
                _refuse({place})
            parents = [parent.as_posix() for parent in journal.here(change).relative_to(top).parents[:-1]]
            journal.folders += [
                parent for parent in parents if not (top / parent).is_dir() and parent not in journal.folders
            ]


def _refuse(paths: set[str]) -> NoReturn:
    more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
    message = (
        f"{', '.join(sorted(paths)[:3])}{more} changed while the update was planned, nothing is written: "
        "commit or stash the change, then run the update again"
    )
    raise GuardError(message)
