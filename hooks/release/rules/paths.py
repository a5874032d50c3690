"""Rules about paths: what an update would delete, strand in a dead file, or stop to bring."""

import functools
from collections import defaultdict
from collections.abc import Iterable, Iterator
from unicodedata import normalize

from release.finding import Finding
from release.move_list import FOLDER, Moves
from release.rendering import Rendering
from release.rules.moving.likeness import successor
from release.step import Step

LIST = f"{FOLDER}/<version>.yaml"
PACKAGE = "src/{package}/"
GUARD = "tools/template/"  # the guard's modules in projects of 0.6.0 and before: no project edits them

RETIRE = f"list it in `_exclude`, with `*` where its path has an expression; if it moved, in {LIST}"


def removed(step: Step, moved: Moves) -> Iterator[Finding]:
    """Refuses a path that is gone and neither moved by a list nor parked, and one that is parked, but has moved."""
    for path, parked in step.lost.items():
        if path in moved.rows or path.startswith(GUARD):
            continue
        new = successor(path, step.old[path], step.gained) if path in step.old else None
        if new and parked:
            yield Finding(
                path,
                f"became {new[0]} ({new[1]:.0%} alike) and is parked, so edits would stay in a file that nothing uses",
                f"add `{path}: {new[0]}` to `moves` in {LIST}, and take the old path out of `_exclude`",
            )
        elif path in step.elsewhere:
            if not named(step, path):
                yield Finding(
                    path,
                    "is rendered with other answers only, so plain `copier update` deletes it with the user's edits",
                    f"name {inside(path)}, or its folder in the package, in CHANGELOG.md with the answers that keep it",
                )
        elif not parked:
            yield Finding(
                path,
                "is no longer rendered, so an update would delete it with the user's edits",
                f"add `{path}: {new[0]}` to `moves` in {LIST}, {new[1]:.0%} are alike" if new else RETIRE,
            )


def inside(path: str) -> str:
    """Returns a path as people call it: one of the package without the package."""
    return path.removeprefix(PACKAGE)


def named(step: Step, path: str) -> bool:
    """Whether the changelog names a path, or its folder in the package."""
    short = inside(path)
    return step.said(short) or (short != path and "/" in short and step.said(f"{short.partition('/')[0]}/"))


def excluded(renderings: Iterable[Rendering]) -> Iterator[Finding]:
    """Refuses a file of the template that `_exclude` keeps out of projects: no project gets its changes any more."""
    paths = {rendering.general(path) for rendering in renderings for path in rendering.excluded}
    for path in sorted(paths):
        yield Finding(
            path,
            "is in the template and in `_exclude`, so no project gets it or a change of it",
            "take it out of `_exclude`, by a narrower pattern, or out of the template",
        )


def alike(renderings: Iterable[Rendering]) -> Iterator[Finding]:
    """Refuses paths that differ by case alone: on Windows and macOS one overwrites the other."""
    spelled: dict[str, set[str]] = defaultdict(set)
    for rendering in renderings:
        for path in (*rendering.sources, *rendering.folders):
            spelled[_folded(path)].add(rendering.general(path))
    yield from _spelled(spelled, "differ by case alone, so on Windows and macOS one overwrites the other", "rename one")


def respelled(step: Step) -> Iterator[Finding]:
    """Refuses a path that changes its case alone: where case does not count, an update loses the file."""
    spelled: dict[str, set[str]] = defaultdict(set)
    for path in (*step.lost, *step.gained):
        spelled[_folded(path)].add(path)
    remedy = "choose a name that differs by more"
    yield from _spelled(spelled, "differ by case alone, so on Windows and macOS an update loses the file", remedy)


def _spelled(spelled: dict[str, set[str]], what: str, remedy: str) -> Iterator[Finding]:
    for paths in spelled.values():
        if len(paths) > 1:
            yield Finding(" and ".join(sorted(paths)), what, remedy)


def nested(step: Step) -> Iterator[Finding]:
    """Refuses a file where a folder was, and a folder where a file was: a project's own files there are in the way."""
    for pair in step.pairs:
        for path in pair.before.sources.keys() & pair.after.folders:
            yield _nested(pair.before.general(path), "was a file and becomes a folder")
        for path in pair.after.sources.keys() & pair.before.folders:
            yield _nested(pair.after.general(path), "was a folder and becomes a file")


def _nested(path: str, what: str) -> Finding:
    return Finding(path, f"{what}, so an update can't keep what a project has there", "choose another name")


@functools.cache
def _folded(path: str) -> str:
    return normalize("NFC", path).casefold()
