"""The three-way merge of a project with two renderings of its template, made beside it, in a scratch repository.

Base is the recorded version, theirs the new one, ours the project's last commit. Git's own merge does it, so that lines
meet, files moved on either side are followed, and nothing is written to the project before the result is known.
"""

import os
from pathlib import Path

import conflicts
import moves
from outcome import Entry, Merge
from repository import GuardError, ask, renames, run, tree


def scratch_repository(top: Path, at: Path) -> Path:
    """Makes a repository beside the project that sees its objects, and the project's settings not at all."""
    objects = Path(ask("rev-parse", "--path-format=absolute", "--git-path", "objects", at=top))
    kind = ask("rev-parse", "--show-object-format", at=top)
    run("init", "--quiet", "--bare", "--template=", f"--object-format={kind}", str(at), at=top)
    (at / "objects/info").mkdir(parents=True, exist_ok=True)
    (at / "objects/info/alternates").write_text(f"{objects.as_posix()}\n", encoding="utf-8", newline="\n")
    return at


def store(folder: Path, scratch: Path) -> str:
    """Puts a folder of files into the scratch repository, as they are, and returns the tree."""
    index = {
        "GIT_DIR": str(scratch),
        "GIT_WORK_TREE": str(folder),
        "GIT_INDEX_FILE": str(scratch / f"{folder.name}.index"),
    }
    run("add", "--all", "--force", "--", ".", at=folder, **index)
    return ask("write-tree", at=folder, **index)


def tree_of(entries: dict[str, Entry], scratch: Path) -> str:
    """Writes a tree of these files, and returns it."""
    index = {"GIT_INDEX_FILE": str(scratch / "entries.index")}
    run("read-tree", "--empty", at=scratch, **index)
    lines = "".join(f"{mode} {thing}\t{path}\0" for path, (mode, thing) in entries.items())
    run("update-index", "-z", "--index-info", at=scratch, feed=os.fsencode(lines), **index)
    return ask("write-tree", at=scratch, **index)


def _commit(scratch: Path, kept: str, *parents: str, name: str) -> str:
    made = ask("commit-tree", kept, *(word for parent in parents for word in ("-p", parent)), "-m", name, at=scratch)
    run("update-ref", f"refs/heads/{name}", made, at=scratch)
    return made


def merge(
    scratch: Path, trees: tuple[str, str, str], owned: set[str], label: str, listed: moves.Listed = moves.NONE
) -> Merge:
    """Merges.

    Args:
        scratch: Repository with the objects.
        trees: Trees of the recorded version, the new version and the project.
        owned: Paths of files that the template writes once; where the project changed one, the template's new one is
            of no interest.
        label: What conflict markers call the new version.
        listed: What the versions between moved: it is done to base and ours first, so that git sees edits only.

    Raises:
        GuardError: Git can't merge, or is too old to do it outside a working tree.
    """
    base, theirs, ours = (tree(name, scratch) for name in trees)
    carried = moves.carry(scratch, trees, (base, theirs, ours), owned, listed)
    for path in carried.owned & (carried.base.keys() | theirs.keys()):
        if carried.ours.get(path) != carried.base.get(path):
            theirs.pop(path, None)
            theirs |= {path: carried.base[path]} if path in carried.base else {}
    first = _commit(scratch, trees[0] if carried.base is base else tree_of(carried.base, scratch), name="base")
    _commit(scratch, trees[2] if carried.ours is ours else tree_of(carried.ours, scratch), first, name="yours")
    _commit(scratch, tree_of(theirs, scratch), first, name=label)
    done = run("merge-tree", "--write-tree", "-z", "--messages", "yours", label, at=scratch, allowed=(0, 1, 129))
    if done.returncode == 129:
        message = f"{ask('--version', at=scratch)} can't merge outside a working tree: install git 2.38 or newer"
        raise GuardError(message)
    result, stages, kinds = conflicts.read(os.fsdecode(done.stdout))
    merged = Merge(scratch, carried.base, theirs, ours, tree(result, scratch), stages, carried=carried.ours)
    conflicts.settle(merged, kinds)
    _decide(merged)
    _follow(merged, label)
    moves.tell(merged, carried)
    return merged


def _decide(found: Merge) -> None:
    """Settles what needs no markers in a file: the project's version stays, and the reason is said."""
    for path, sides in list(found.stages.items()):
        if 2 not in sides:
            found.keep(path, conflicts.DELETED, person=False)
        elif 3 not in sides:
            found.keep(path, conflicts.REMOVED)
        elif 1 not in sides:
            found.keep(path, conflicts.BOTH_MADE)
            if sides[3] != found.theirs.get(path):  # git put edits of a file into it that the template moved here
                conflicts.keep_back(
                    found, f"the template moved it to {path}, where a file of yours is: {conflicts.RENAME}"
                )
        elif found.result.get(path) == found.carried.get(path):
            found.keep(path, conflicts.NO_TEXT)
        else:
            found.reasons[path] = conflicts.MARKED
            found.person.add(path)


def _follow(found: Merge, label: str) -> None:
    """Notes to where git took edits of files that the template moved, and no list of moves names."""
    for old, new in renames("base", label, found.scratch):
        edited = found.carried.get(old) not in (None, found.base.get(old))
        if edited and old not in found.result and found.result.get(new) not in (None, found.theirs.get(new)):
            found.moved[new] = old
            found.notes[new] = f"from {old}, with your edits"
