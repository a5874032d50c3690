"""Puts what people typed under a ref of its own, so that it can be had back whatever happens to the files."""

import os
from itertools import count
from pathlib import Path
from time import gmtime, strftime

from repository import ask, run

from .journal import Places

REFS = "refs/template-update"


def keep(places: Places, files: dict[str, Path], reason: str) -> str:
    """Makes a commit of the last one's tree with these files in it, byte by byte; returns the name of its new ref.

    Args:
        places: Where the guard works.
        files: Where the bytes are now, by path from the top of the repository.
        reason: Message of the commit and of the reflog.
    """
    places.folder.mkdir(exist_ok=True)
    made = places.folder / "kept.index"
    made.unlink(missing_ok=True)
    own = {"GIT_INDEX_FILE": str(made)}
    run("read-tree", "HEAD", at=places.top, **own)
    lines = ""
    for path, file in files.items():
        link = file.is_symlink()
        bytes_ = os.fsencode(file.readlink()) if link else file.read_bytes()
        thing = run("hash-object", "-w", "--stdin", at=places.top, feed=bytes_).stdout.decode().strip()
        mode = "120000" if link else "100755" if file.stat().st_mode & 0o100 else "100644"
        lines += f"{mode} {thing}\t{path}\0"
    run("update-index", "-z", "--index-info", at=places.top, feed=os.fsencode(lines), **own)
    tree = ask("write-tree", at=places.top, **own)
    commit = ask("commit-tree", tree, "-p", "HEAD", "-m", reason, at=places.top)
    made.unlink()
    ref = _free(places.top)
    run("update-ref", "--create-reflog", "-m", reason, ref, commit, "0" * len(commit), at=places.top)
    return ref


def _free(top: Path) -> str:
    """Returns the name of a ref that doesn't exist: one for each event, so that none replaces another."""
    start = f"{REFS}/{strftime('%Y%m%dT%H%M%SZ', gmtime())}-{os.getpid()}"
    taken = set(ask("for-each-ref", "--format=%(refname)", f"{start}-*", at=top).splitlines())
    return next(name for name in (f"{start}-{number}" for number in count(1)) if name not in taken)
