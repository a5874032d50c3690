"""Prepares a planned update beside the working tree: what fails here, say on a full disk, has changed nothing."""

import os
import tempfile
from pathlib import Path, PurePosixPath

from planning import Plan
from record import ANSWERS
from repository import GuardError, ask, run, tree

from . import index
from .files import look
from .journal import NEW, Change, Journal, Places


def prepare(plan: Plan, places: Places) -> Journal:
    """Writes all new files into a folder of the guard's, as git would write them into the working tree.

    Args:
        plan: What to do.
        places: Where.
    """
    places.folder.mkdir(exist_ok=True)
    stage = Path(tempfile.mkdtemp(dir=places.folder))
    journal = Journal(places, stage, plan.head, _changes(plan), [])
    _bring(plan)
    _lay_out(plan, journal)
    return journal


def _changes(plan: Plan) -> list[Change]:
    """Returns what changes, the record of the version last: while it is the old one, the old version is recorded."""
    merge, prefix = plan.merge, plan.project.prefix
    changes = []
    for path in sorted({*merge.ours, *merge.result}, key=lambda path: (path == ANSWERS, path)):
        old, new = merge.ours.get(path), merge.result.get(path)
        if old == new and path not in merge.stages:
            continue
        sides = sorted(merge.stages.get(path, {}).items())
        staged = [(*entry, stage) for stage, entry in sides] or index.of(new)
        changes.append(Change(len(changes), prefix + path, old, new, staged))
    return changes


def _bring(plan: Plan) -> None:
    """Copies what is new in the scratch repository into the project's."""
    merge = plan.merge
    entries = [*merge.result.values(), *(entry for sides in merge.stages.values() for entry in sides.values())]
    things = {thing for _, thing in entries} - {thing for _, thing in merge.ours.values()}
    feed = "".join(f"{thing}\n" for thing in sorted(things)).encode()
    pack = run("pack-objects", "--local", "--stdout", "--quiet", at=merge.scratch, feed=feed).stdout
    run("unpack-objects", "-q", at=plan.project.top, feed=pack)


def _lay_out(plan: Plan, journal: Journal) -> None:
    """Lets git write the new files, with the filters and line ends that the project has after the update."""
    top, prefix = plan.project.top, plan.project.prefix
    attributes = {
        prefix + path: entry
        for path, entry in plan.merge.result.items()
        if PurePosixPath(path).name == ".gitattributes"
    }
    above = [(parent / ".gitattributes").as_posix() for parent in PurePosixPath(prefix).parents] if prefix else []
    outer = tree(plan.head, top, *above) if above else {}
    files = outer | attributes | {change.path: change.new for change in journal.changes if change.new}
    own = {"GIT_INDEX_FILE": str(journal.stage / "new.index")}
    text = "".join(f"{mode} {thing}\t{path}\0" for path, (mode, thing) in files.items())
    run("update-index", "-z", "--index-info", at=top, feed=os.fsencode(text), **own)
    (journal.stage / NEW).mkdir()
    if any(change.path in attributes for change in journal.changes):
        # Git takes attributes from the working tree first, and there they are those of before.
        run("checkout-index", "--all", at=top, raw=False, GIT_WORK_TREE=str(journal.stage / NEW), **own)
    else:
        run("checkout-index", "--all", f"--prefix={journal.stage / NEW}/", at=top, raw=False, **own)
    for change in journal.changes:
        if change.new:
            change.wrote = look(journal.at(NEW, change))
            if change.wrote is None:
                message = f"git did not write {change.path}: nothing is changed; see `git checkout-index`"
                raise GuardError(message)


def leave_out(plan: Plan, journal: Journal, sparse: set[str]) -> None:
    """Takes the files out of the update of the working tree that a sparse checkout doesn't have."""
    top, room = plan.project.top, journal.stage / "sparse"
    room.mkdir()
    tree = ask("write-tree", at=top, GIT_INDEX_FILE=str(journal.stage / "new.index"))
    own = {"GIT_INDEX_FILE": str(journal.stage / "sparse.index"), "GIT_WORK_TREE": str(room)}
    run("read-tree", "-m", "-u", tree, at=top, **own)
    outside = {line[2:] for line in ask("ls-files", "-t", "-z", at=top, **own).split("\0") if line.startswith("S")}
    for change in journal.changes:
        change.sparse = change.path in sparse or (change.old is None and change.path in outside)
        absent = look(journal.here(change)) is None
        if change.sparse and absent:
            change.wrote = None
