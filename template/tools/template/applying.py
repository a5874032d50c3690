"""Puts a planned update into the project's files and index, all of it or nothing, also when it is killed midway."""

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import merging
from filelock import FileLock, Timeout
from planning import Plan
from project import Project
from repository import GuardError, ask, run

KILLED = "refs/template-update/killed"
PATIENCE = 5.0  # seconds that a git which outlived the guard gets to finish
log = logging.getLogger(__name__)


def _journal(project: Project) -> Path:
    return project.top / ask("rev-parse", "--git-path", "template-update.json", at=project.top)


@contextmanager
def alone(project: Project) -> Iterator[None]:
    """Keeps other updates of the same project out, and first undoes one that was killed.

    Raises:
        GuardError: Another one is running.
    """
    lock = FileLock(_journal(project).with_suffix(".lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        message = f"another update of {project.folder} is running: wait for it"
        raise GuardError(message) from None
    with lock:
        if _journal(project).exists():
            _recover(project)
        yield


def _recover(project: Project) -> None:
    """Undoes a killed update; what lay in the files is kept as a commit under `refs/template-update/killed`."""
    done = json.loads(_journal(project).read_text(encoding="utf-8"))
    left = project.top / ask("rev-parse", "--git-path", "index.lock", at=project.top)
    deadline = time.monotonic() + PATIENCE
    while left.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    left.unlink(missing_ok=True)
    index = {"GIT_INDEX_FILE": str(_journal(project).with_suffix(".index"))}
    run("read-tree", "HEAD", at=project.top, **index)
    run("add", "--all", "--", ".", at=project.folder, raw=False, **index)
    snapshot = ask(
        "commit-tree", ask("write-tree", at=project.top, **index), "-p", "HEAD", "-m", "killed", at=project.top
    )
    Path(index["GIT_INDEX_FILE"]).unlink()
    run("update-ref", KILLED, snapshot, at=project.top)
    _restore(project, done["added"])
    log.warning("an update was killed here; the files are restored, what lay in them is in %s (%.9s)", KILLED, snapshot)


def _restore(project: Project, added: list[str]) -> None:
    """Brings index and files back to the last commit; the journal goes last, so that this can be killed too."""
    run("restore", "--source=HEAD", "--staged", "--worktree", "--", ".", at=project.folder, raw=False)
    for path in added:
        file = project.folder / path
        file.unlink(missing_ok=True)
        for folder in file.relative_to(project.folder).parents[:-1]:
            place = project.folder / folder
            if place.is_dir() and not any(place.iterdir()):
                place.rmdir()
    _journal(project).unlink()


def _bring(plan: Plan, result: str) -> None:
    """Copies what is new in the scratch repository into the project's."""
    merge = plan.merge
    blobs = [thing for sides in merge.stages.values() for _, thing in sides.values()]
    names = ask("rev-list", "--objects", "--no-object-names", result, *blobs, at=merge.scratch)
    pack = run("pack-objects", "--local", "--stdout", "--quiet", at=merge.scratch, feed=f"{names}\n".encode()).stdout
    run("unpack-objects", "-q", at=plan.project.top, feed=pack)


def _whole(plan: Plan, result: str) -> str:
    """Returns the tree of the whole repository after the update."""
    if not plan.project.prefix:
        return result
    top = plan.project.top
    index = {"GIT_INDEX_FILE": str(plan.merge.scratch / "whole.index")}
    run("read-tree", "HEAD", at=top, **index)
    run("rm", "--cached", "-r", "--quiet", "--", plan.project.prefix, at=top, **index)
    run("read-tree", f"--prefix={plan.project.prefix}", result, at=top, **index)
    return ask("write-tree", at=top, **index)


def _mark(plan: Plan) -> None:
    """Tells git's index which files have conflicts, so that they can't be committed by accident."""
    lines = []
    for path, sides in plan.merge.stages.items():
        name = plan.project.prefix + path
        lines.append(f"0 {'0' * len(next(iter(sides.values()))[1])}\t{name}\0")
        lines += [f"{mode} {thing} {stage}\t{name}\0" for stage, (mode, thing) in sorted(sides.items())]
    if lines:
        run("update-index", "-z", "--index-info", at=plan.project.top, feed="".join(lines).encode())


def apply(plan: Plan) -> None:
    """Writes the update; on any failure the project is as it was.

    Raises:
        GuardError: It could not be written.
    """
    project, merge = plan.project, plan.merge
    result = merging.tree_of(merge.result, merge.scratch)
    _bring(plan, result)
    whole = _whole(plan, result)
    added = sorted(merge.result.keys() - merge.ours.keys())
    journal = _journal(project)
    journal.with_suffix(".part").write_text(json.dumps({"added": added}), encoding="utf-8")
    journal.with_suffix(".part").replace(journal)
    try:
        run("read-tree", "-m", "-u", "HEAD", whole, at=project.top, raw=False)
        _mark(plan)
    except BaseException:
        _restore(project, added)
        raise
    journal.unlink()
