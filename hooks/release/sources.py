"""All Jinja of a template: its settings, questions, paths and files, each text with the names that it may use."""

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from release.template import Template

MESSAGE = "message_"


@dataclass(frozen=True)
class Source:
    """One text.

    Attributes:
        where: What it is, for a finding.
        text: The text.
        names: The names that it may use.
        message: Whether it is only shown, and not rendered into a project.
    """

    where: str
    text: str
    names: frozenset[str]
    message: bool = False


@functools.cache
def sources(template: Template) -> tuple[Source, ...]:
    """Returns all texts. A question may use those before it; its validator also itself."""
    return tuple(_sources(template))


def _sources(template: Template) -> Iterator[Source]:
    before = template.system_names
    everything = before | template.questions.keys()
    for name, setting in template.settings.items():
        names = everything | {"_copier_operation"}
        yield from (Source(f"copier.yml _{name}", text, names, name.startswith(MESSAGE)) for text in _texts(setting))
    for name, spec in template.questions.items():
        for field, value in spec.items():
            names = before | {"validator": {name}, "default": {"UNSET"}}.get(field, set())
            yield from (Source(f"question {name}", text, names) for text in _texts(value))
        before |= {name}
    for path in sorted(template.root.rglob("*")):
        where = path.relative_to(template.root).as_posix()
        yield Source(where, path.name, everything)
        if path.is_file() and path.name.endswith(template.suffix):
            yield Source(where, path.read_text(encoding="utf-8"), everything)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
