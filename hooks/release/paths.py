"""Rules about files: what an update would delete, revert, or write over without a word."""

import functools
from collections.abc import Iterator
from pathlib import PurePosixPath

from pathspec import GitIgnoreSpec

from release.answers import covering
from release.finding import Finding
from release.template import Rendering, Template


@functools.cache
def projects(template: Template) -> tuple[Rendering, ...]:
    """Returns what projects with few but different answers got from a template."""
    return tuple(template.rendering(stored) for stored in covering(template))


def lost(last: Template, new: Template) -> dict[str, bool]:
    """Returns the paths that some project has and would no longer get, and whether they are parked everywhere."""
    found: dict[str, bool] = {}
    for before in projects(last):
        after = new.rendering(before.answers)
        for path in before.sources.keys() - after.sources.keys():
            found[path] = found.get(path, True) and after.parked(path)
    return found


def removed(lost_paths: dict[str, bool]) -> Iterator[Finding]:
    """Refuses a path that is gone or renamed and not parked: an update deletes it with the edits made in it."""
    for path, parked in sorted(lost_paths.items()):
        if not parked:
            yield Finding(
                path,
                "is no longer rendered, so an update would delete it with the user's edits",
                "list it in `_exclude`, with `*` where its path has an expression",
            )


def binary(new: Template) -> Iterator[Finding]:
    """Refuses a file that is no text and not written once: an update reverts a user's version of it."""
    for path, source in sorted(new.usual.sources.items()):
        content = source.read_bytes()
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            text = "\0"
        if "\0" in text and not new.usual.written_once(path):
            yield Finding(
                path, "is binary, so an update would revert a user's version of it", "list it in `_skip_if_exists`"
            )


def ignored(new: Template) -> Iterator[Finding]:
    """Refuses a rendered path that the rendered `.gitignore` ignores: an update writes over it."""
    rules = {name.parent: GitIgnoreSpec.from_lines(lines) for name, lines in _gitignores(new.usual)}
    for path in sorted(new.usual.sources):
        for folder in PurePosixPath(path).parents:
            verdict = (
                rules[folder].check_file(str(PurePosixPath(path).relative_to(folder))) if folder in rules else None
            )
            if verdict is None or verdict.include is None:
                continue
            if verdict.include:
                yield Finding(
                    path,
                    f"is ignored by {folder / '.gitignore'}, so an update would write over it",
                    "do not render it, or do not ignore it",
                )
            break


def starred(new: Template) -> Iterator[Finding]:
    """Refuses `X/*` with `!X/...`: with many files in the folder an update fails half-way."""
    for name, lines in _gitignores(new.usual):
        patterns = [line.strip() for line in lines]
        for pattern in patterns:
            kept = [line for line in patterns if line.lstrip("!/").startswith(pattern[:-1].lstrip("/"))]
            if pattern.endswith("/*") and any(line.startswith("!") for line in kept):
                yield Finding(
                    str(name),
                    f"has `{pattern}` with an exception, on which an update fails half-way when the folder is full",
                    f"ignore the folder as a whole, `{pattern[:-1]}`",
                )


def _gitignores(rendering: Rendering) -> Iterator[tuple[PurePosixPath, list[str]]]:
    for path in sorted(rendering.sources):
        if PurePosixPath(path).name == ".gitignore":
            yield PurePosixPath(path), rendering.text(path).splitlines()
