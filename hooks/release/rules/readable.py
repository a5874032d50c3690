"""Rules about contents: every file can be rendered for every project, and what it renders can be read."""

import functools
import json
import tomllib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath

import yaml
from jinja2 import TemplateError

from release.finding import Finding
from release.rendering import Rendering

GUARD = "hooks/update/main.py"
STARTER = "tools/update.py"  # of a project: starts the guard


def rendered(renderings: Iterable[Rendering]) -> Iterator[Finding]:
    """Refuses a file that can't be rendered for some project."""
    for rendering in renderings:
        for path in filter(rendering.rendered, rendering.sources):
            try:
                rendering.text(path)
            except (TemplateError, TypeError, ValueError, LookupError) as error:
                yield Finding(
                    rendering.general(path),
                    f"can't be rendered for some answers ({' '.join(str(error).split())})",
                    "correct the expression",
                )


def parsed(renderings: Iterable[Rendering]) -> Iterator[Finding]:
    """Refuses a file that what reads it can't read: Python that does not compile, broken YAML, TOML, JSON."""
    known: set[tuple[str, str]] = set()
    for rendering in renderings:
        for path in sorted(rendering.sources):
            name, read = rendering.general(path), PARSERS.get(PurePosixPath(path).suffix)
            text = rendering.text_or_none(path) if read else None
            if read is None or text is None or (name, text) in known:
                continue
            known.add((name, text))
            try:
                read(text)
            except (SyntaxError, ValueError, yaml.YAMLError) as error:
                reason = " ".join(str(error).split())
                yield Finding(name, f"can't be read ({reason}), so what uses it fails after an update", "correct it")


def guarded(folder: Path, renderings: Iterable[Rendering]) -> Iterator[Finding]:
    """Refuses a release without a guard that compiles, or without what starts it: no project could be updated to it."""
    for path in sorted({folder / GUARD, *(folder / GUARD).parent.rglob("*.py")}):
        name = path.relative_to(folder).as_posix()
        try:
            _compiled(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            yield Finding(name, "is not there, so no project could be updated to this release", "keep the guard there")
        except (SyntaxError, ValueError) as error:
            reason = " ".join(str(error).split())
            yield Finding(
                name, f"can't be read ({reason}), so no project could be updated to this release", "correct it"
            )
    if not all(STARTER in rendering.sources for rendering in renderings):
        yield Finding(STARTER, "is not in every project, so `make update` can't start the guard", "keep it")


@functools.cache
def _compiled(text: str) -> None:
    compile(text, "<file>", "exec", dont_inherit=True)


@functools.cache
def _yaml(text: str) -> None:
    for _ in yaml.parse(text, yaml.CSafeLoader):
        continue


PARSERS: dict[str, Callable[[str], object]] = {
    ".py": _compiled,
    ".yaml": _yaml,
    ".yml": _yaml,
    ".toml": tomllib.loads,
    ".json": json.loads,
}
