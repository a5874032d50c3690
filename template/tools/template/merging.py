"""The three-way merge of a project with two renderings of its template, made beside it, in a scratch repository.

Base is the recorded version, theirs the new one, ours the project's last commit. Git's own merge does it, so that lines
meet, files moved on either side are followed, and nothing is written to the project before the result is known.
"""

from dataclasses import dataclass, field
from pathlib import Path

from repository import GuardError, ask, run, tree

Entry = tuple[str, str]  # mode and object, as git names them


@dataclass
class Merge:
    """What the update makes of the project.

    Attributes:
        scratch: The repository that holds the objects.
        base: The files of the recorded version, by path from the project's folder.
        theirs: Those of the new version.
        ours: Those of the project.
        result: Those of the project after the update.
        stages: For each file with conflict markers, what git's index keeps of the conflict: stage and entry.
        reasons: For each file with markers, and each where the project's version stays, why.
        person: Those of them that a person must look at.
    """

    scratch: Path
    base: dict[str, Entry]
    theirs: dict[str, Entry]
    ours: dict[str, Entry]
    result: dict[str, Entry] = field(default_factory=dict)
    stages: dict[str, dict[int, Entry]] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    person: set[str] = field(default_factory=set)

    def keep(self, path: str, reason: str, *, person: bool = True) -> None:
        """Lets the project's version of a file stay, be it a file or its absence."""
        self.stages.pop(path, None)
        self.result.pop(path, None)
        if path in self.ours:
            self.result[path] = self.ours[path]
        self.reasons[path] = reason
        self.person |= {path} if person else set()

    def verdicts(self) -> dict[str, str]:
        """Returns what happens to each file that the template or the update changes.

        Returns:
            `added`, `changed`, `merged`, `conflict`, `removed` or `yours` (the project's version stays), by path.
        """
        found = {}
        for path in sorted({*self.reasons, *self.result, *self.ours}):
            theirs, ours, result = (side.get(path) for side in (self.theirs, self.ours, self.result))
            if path in self.stages:
                found[path] = "conflict"
            elif path in self.reasons:
                found[path] = "yours"
            elif ours == result:
                continue
            elif ours is None:
                found[path] = "added"
            elif result is None:
                found[path] = "removed"
            else:
                found[path] = "changed" if result == theirs else "merged"
        return found


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
    run("update-index", "-z", "--index-info", at=scratch, feed=lines.encode(), **index)
    return ask("write-tree", at=scratch, **index)


def _commit(scratch: Path, kept: str, *parents: str, name: str) -> str:
    made = ask("commit-tree", kept, *(word for parent in parents for word in ("-p", parent)), "-m", name, at=scratch)
    run("update-ref", f"refs/heads/{name}", made, at=scratch)
    return made


def merge(scratch: Path, trees: tuple[str, str, str], owned: set[str], label: str) -> Merge:
    """Merges.

    Args:
        scratch: Repository with the objects.
        trees: Trees of the recorded version, the new version and the project.
        owned: Paths of files that the template writes once; where the project changed one, the template's new one is
            of no interest.
        label: What conflict markers call the new version.

    Raises:
        GuardError: Git can't merge, or is too old to do it outside a working tree.
    """
    base, theirs, ours = (tree(name, scratch) for name in trees)
    for path in owned & (base.keys() | theirs.keys()):
        if ours.get(path) != base.get(path):
            theirs.pop(path, None)
            theirs |= {path: base[path]} if path in base else {}
    first = _commit(scratch, trees[0], name="base")
    _commit(scratch, trees[2], first, name="yours")
    _commit(scratch, tree_of(theirs, scratch), first, name=label)
    done = run("merge-tree", "--write-tree", "-z", "--no-messages", "yours", label, at=scratch, allowed=(0, 1, 129))
    if done.returncode == 129:
        message = f"{ask('--version', at=scratch)} can't merge outside a working tree: install git 2.38 or newer"
        raise GuardError(message)
    result, *conflicts = done.stdout.decode().strip("\0").split("\0")
    stages: dict[str, dict[int, Entry]] = {}
    for line in conflicts:
        facts, path = line.split("\t", 1)
        mode, thing, stage = facts.split()
        stages.setdefault(path, {})[int(stage)] = (mode, thing)
    found = Merge(scratch, base, theirs, ours, tree(result, scratch), stages)
    _decide(found)
    return found


def _decide(found: Merge) -> None:
    """Settles what needs no markers in a file: the project's version stays, and the reason is said."""
    for path, sides in list(found.stages.items()):
        if 2 not in sides:
            found.keep(path, "deleted or moved here, changed in the template: it stays as you have it", person=False)
        elif 3 not in sides:
            found.keep(path, "changed here, removed from the template: your file stays; delete it if you can")
        elif 1 not in sides:
            found.keep(path, "made here and in the template: your file stays; compare it with the template's")
        elif found.result.get(path) == found.ours.get(path):
            found.keep(
                path, "no text, changed here and in the template: your file stays; compare it with the template's"
            )
        else:
            found.reasons[path] = "changed in the same place here and in the template: resolve, then `git add` it"
            found.person.add(path)
