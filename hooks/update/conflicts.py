"""Reads what `git merge-tree` says about conflicts, and settles those about the names of files."""

from outcome import Entry, Merge
from repository import run

Stages = dict[str, dict[int, Entry]]
Kinds = list[tuple[str, tuple[str, ...]]]  # kind of a conflict, as git names it for programs, and its paths

DELETED = "deleted or moved here, changed in the template: it stays as you have it"
REMOVED = (
    "changed here, removed from the template: your file stays, and nothing of the template uses it any more; "
    "carry over what you need before you delete it"
)
BOTH_MADE = "made here and in the template: your file stays; compare it with the template's"
NO_TEXT = "no text, changed here and in the template: your file stays; compare it with the template's"
MARKED = "changed in the same place here and in the template: resolve, then `git add` it"
KINDS = {"120000": "a link", "160000": "a submodule"}
RENAME = "rename yours, commit, and update again"


def read(printed: str) -> tuple[str, Stages, Kinds]:
    """Returns the tree, the conflicting entries by path and stage, and the kinds of conflicts."""
    result, *fields = printed.split("\0")
    stages: Stages = {}
    while fields and fields[0]:
        facts, path = fields.pop(0).split("\t", 1)
        mode, thing, stage = facts.split()
        stages.setdefault(path, {})[int(stage)] = (mode, thing)
    fields = fields[1:]
    kinds: Kinds = []
    while fields and fields[0]:
        count = int(fields[0])
        kinds.append((fields[count + 1], tuple(fields[1 : count + 1])))
        fields = fields[count + 3 :]
    return result, stages, kinds


def settle(merge: Merge, kinds: Kinds) -> None:
    """Settles conflicts about names: the project's file stays under its own, and the template's is added or said."""
    for kind, paths in kinds:
        if kind == "CONFLICT (rename/rename)" and len(set(paths)) == 3:
            _both_moved(merge, *paths)
    for kind, paths in kinds:
        if kind == "CONFLICT (file/directory)":
            _file_and_folder(merge, *paths)
        elif kind in ("CONFLICT (distinct modes)", "CONFLICT (distinct types)"):
            _two_kinds(merge, *paths)


def _both_moved(merge: Merge, old: str, here: str, there: str) -> None:
    """Both sides moved a file, to two places: the template's is added, with the edits where they fit."""
    for path in (old, there):
        merge.stages.pop(path, None)
    thing = merge.result[there][1]
    if b"<<<<<<<< yours:" in run("cat-file", "blob", thing, at=merge.scratch).stdout:  # the edits meet the template's
        merge.result[there] = merge.theirs[there]
    edits = "has your edits too" if merge.result[there] != merge.theirs[there] else "is the template's own"
    merge.keep(
        here,
        f"you moved {old} here, the template moved it to {there}, which {edits}: your file stays; "
        f"take over into {there} what is missing there, then delete one of them",
    )


def _file_and_folder(merge: Merge, aside: str, name: str) -> None:
    """A file on one side is a folder on the other: the project's stays under its name, the other is not written."""
    dropped = {aside: merge.result.pop(aside, None)}
    sides = merge.stages.pop(aside, {})
    if name in merge.carried:
        for path in [path for path in {*merge.result, *merge.stages} if path.startswith(f"{name}/")]:
            dropped[path] = merge.result.get(path)
            merge.keep(path, f"not added: {name} is a file of yours, and a folder in the template", person=False)
        merge.keep(name, f"a file here, a folder in the template: your file stays; {RENAME}")
        merged = any(entry not in (None, merge.theirs.get(path)) for path, entry in dropped.items() if path != aside)
    else:
        merge.reasons[name] = f"not added: a folder of yours is at this name, a file in the template; {RENAME}"
        merge.person.add(name)
        merged = 2 in sides or (3 in sides and sides[3] != merge.theirs.get(name))
    if merged:
        keep_back(merge, f"the template moved it below or to {name}, which is yours: {RENAME}")


def _two_kinds(merge: Merge, name: str, *aside: str) -> None:
    """A path is a file on one side and a link or submodule on the other: the project's stays."""
    sides = [side for path in (name, *aside) for side in merge.stages.pop(path, {}).items()]
    here, there = (KINDS.get(mode, "a file") for wanted in (2, 3) for stage, (mode, _) in sides if stage == wanted)
    dropped = {merge.result.pop(path, None) for path in (name, *aside)}
    merge.keep(name, f"{here} here, {there} in the template: yours stays; compare it with the template's")
    if dropped - {None, merge.carried.get(name), merge.theirs.get(name)}:
        keep_back(merge, f"the template moved it to {name}, which is yours: {RENAME}")


def keep_back(merge: Merge, reason: str) -> None:
    """Keeps edited files that the template moved to a path that is not written where they were."""
    for path, entry in merge.carried.items():
        if path not in merge.result and path not in merge.theirs and entry != merge.base.get(path):
            merge.keep(path, reason)
