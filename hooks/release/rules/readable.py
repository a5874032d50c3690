"""Rules about contents: every file can be rendered for every project, and what it renders can be read."""

import functools
import json
import tomllib
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePosixPath

import yaml
from jinja2 import TemplateError

from release.finding import Finding
from release.rendering import Rendering

GUARD = ("tools/template/main.py", "hooks/update/main.py")


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


def guarded(renderings: Iterable[Rendering], *, kept: bool) -> Iterator[Finding]:
    """Refuses a release without its guard: no project could be updated to it.

    Args:
        renderings: What projects get.
        kept: Whether the guard is in the template's repository instead.
    """
    if not kept and not all(GUARD[0] in rendering.sources for rendering in renderings):
        yield Finding(
            GUARD[0],
            "is not there, and neither is " + GUARD[1] + ", so no project could be updated to this release",
            "keep the guard at one of the two",
        )


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
