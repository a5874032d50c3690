"""Git's index: locked as git does it while files are written, compared, and replaced in one step."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from repository import GuardError, run

from .journal import Change, Entry, Journal, Places, Staged

PATIENCE = 5.0  # seconds that another git gets to finish
MARK = b"template-update\n"  # git writes no such thing into its lock


@contextmanager
def locked(places: Places) -> Iterator[None]:
    """Keeps git commands that change the index out, also `git commit`; takes over the lock of a killed guard.

    Raises:
        GuardError: Another git command has the lock.
    """
    lock = places.index.with_name(f"{places.index.name}.lock")
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with lock.open("xb") as file:
                file.write(MARK)
            break
        except FileExistsError:
            if _is_ours(lock):
                lock.unlink(missing_ok=True)
            elif time.monotonic() > deadline:
                message = f"another git command is running ({lock} exists): wait for it; if none is, delete that file"
                raise GuardError(message) from None
            else:
                time.sleep(0.05)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _is_ours(lock: Path) -> bool:
    """Tells whether a guard made the lock; only one runs at a time, so it was killed."""
    try:
        return lock.read_bytes() == MARK
    except FileNotFoundError:
        return False


@dataclass
class Index:
    """What git's index holds of a project, by path from the top of the repository.

    Attributes:
        entries: The entries of each path.
        sparse: Paths that may be absent from the working tree (`--skip-worktree`).
        unwatched: Paths whose changes git was told not to look for (`--assume-unchanged`), and the sparse ones.
    """

    entries: dict[str, list[Staged]] = field(default_factory=dict)
    sparse: set[str] = field(default_factory=set)
    unwatched: set[str] = field(default_factory=set)


def read(folder: Path) -> Index:
    """Reads what the index holds of a folder."""
    listed = os.fsdecode(run("ls-files", "--stage", "-v", "-z", "--full-name", "--", ".", at=folder).stdout)
    held = Index()
    for line in filter(None, listed.split("\0")):
        facts, path = line.split("\t", 1)
        tag, mode, thing, stage = facts.split()
        held.entries.setdefault(path, []).append((mode, thing, int(stage)))
        held.sparse |= {path} if tag in "Ss" else set()
        held.unwatched |= {path} if tag.islower() or tag == "S" else set()
    return held


def of(entry: Entry | None) -> list[Staged]:
    """Returns what the index holds of a file without conflicts."""
    return [(*entry, 0)] if entry else []


def replace(journal: Journal, changes: list[tuple[Change, list[Staged]]]) -> None:
    """Replaces entries of the index; the caller has its lock."""
    top, made = journal.places.top, journal.stage / "next.index"
    shutil.copy2(journal.places.index, made)
    index = {"GIT_INDEX_FILE": str(made)}
    ordered = sorted(changes, key=lambda change: bool(change[1]))  # what goes makes room
    text = "".join(_lines(change, staged) for change, staged in ordered)
    run("update-index", "-z", "--index-info", at=top, feed=os.fsencode(text), **index)
    sparse = "".join(f"{change.path}\0" for change, staged in changes if change.sparse and len(staged) == 1)
    if sparse:
        run("update-index", "-z", "--skip-worktree", "--stdin", at=top, feed=os.fsencode(sparse), **index)
    run("update-index", "-q", "--refresh", at=top, allowed=(0, 1), raw=False, **index)
    made.replace(journal.places.index)


def _lines(change: Change, staged: list[Staged]) -> str:
    """Returns what tells `git update-index` to replace all that the index has of a path."""
    _, thing = change.old or change.new or ("", "")
    return f"0 {'0' * len(thing)}\t{change.path}\0" + "".join(
        f"{mode} {thing} {stage}\t{change.path}\0" for mode, thing, stage in staged
    )


def differing(journal: Journal, entries: dict[str, Entry]) -> set[str]:
    """Returns the paths whose file is not as an entry says, by its bytes and as git sees it (line ends, filters)."""
    top, index = journal.places.top, {"GIT_INDEX_FILE": str(journal.stage / "compared.index")}
    text = "".join(f"{mode} {thing}\t{path}\0" for path, (mode, thing) in entries.items())
    run("update-index", "-z", "--index-info", at=top, feed=os.fsencode(text), **index)
    options = ("--name-only", "--no-renames", "--no-ext-diff", "--ignore-submodules=none", "-z")
    named = os.fsdecode(run("diff", *options, at=top, raw=False, **index).stdout)
    return set(filter(None, named.split("\0")))
