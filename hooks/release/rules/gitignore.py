"""Rules about `.gitignore`: what is rendered is not ignored, and a folder is ignored as a whole."""

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from pathspec import GitIgnoreSpec

from release.finding import Finding
from release.rendering import Rendering


def ignored(renderings: Iterable[Rendering]) -> Iterator[Finding]:
    """Refuses a rendered path that a rendered `.gitignore` ignores: an update writes over it."""
    known: set[tuple[str, str]] = set()
    for rendering in renderings:
        listed = dict(_gitignores(rendering))
        rules = {name.parent: GitIgnoreSpec.from_lines(lines) for name, lines in listed.items()}
        key = repr(listed)
        for path in sorted(rendering.sources):
            if (key, path) not in known:
                known.add((key, path))
                yield from _ignored(path, rules)


def _ignored(path: str, rules: dict[PurePosixPath, GitIgnoreSpec]) -> Iterator[Finding]:
    for folder in PurePosixPath(path).parents:
        verdict = rules[folder].check_file(str(PurePosixPath(path).relative_to(folder))) if folder in rules else None
        if verdict is None or verdict.include is None:
            continue
        if verdict.include:
            yield Finding(
                path,
                f"is ignored by {folder / '.gitignore'}, so an update would write over it",
                "do not render it, or do not ignore it",
            )
        return


def starred(renderings: Iterable[Rendering]) -> Iterator[Finding]:
    """Refuses `X/*` with `!X/...`: with many files in the folder an update fails half-way."""
    listed = {(name, tuple(lines)) for rendering in renderings for name, lines in _gitignores(rendering)}
    for name, lines in sorted(listed):
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
