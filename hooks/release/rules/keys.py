"""Rules about names that people type or set: keys of `params.yaml`, stages of the pipeline, commands of `make`."""

import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from typing import Any

import yaml

from release.finding import Finding
from release.rendering import Rendering
from release.step import Step

Names = Callable[[str], set[str]]
TARGET = re.compile(r"(?m)^([A-Za-z][\w.-]*(?: [A-Za-z][\w.-]*)*) *:(?![=:])")


def gone(step: Step) -> Iterator[Finding]:
    """Refuses a name that is gone without a word: what a team set or calls by it has no effect any more, or fails."""
    lost: set[tuple[str, str]] = set()
    known: dict[tuple[str, str], set[str]] = {}
    for pattern, noun, names in KINDS:
        for pair in step.pairs:
            before = _all(known, pair.before, names, [path for path in pair.kept if fnmatch(path, pattern)])
            after = _all(known, pair.after, names, [path for path in pair.after.sources if fnmatch(path, pattern)])
            lost |= {(noun, name) for name in before - after}
    for noun, name in sorted(lost):
        if (noun, name.rpartition(".")[0]) not in lost and not step.said(name):
            yield Finding(
                f"{noun} {name}",
                "is gone, so what a team has set or calls by this name is without effect or fails",
                f"keep it, or name {name} in CHANGELOG.md with what to do",
            )


def _all(known: dict[tuple[str, str], set[str]], rendering: Rendering, names: Names, paths: list[str]) -> set[str]:
    collected = set[str]()
    for path in paths:
        key = (names.__name__, rendering.text(path))
        if key not in known:
            known[key] = names(key[1])
        collected |= known[key]
    return collected


def _keys(text: str) -> set[str]:
    return set(_flat(yaml.load(text, yaml.CSafeLoader), ""))


def _flat(value: Any, prefix: str) -> Iterator[str]:
    for key, below in value.items() if isinstance(value, dict) else ():
        yield f"{prefix}{key}"
        yield from _flat(below, f"{prefix}{key}.")


def _stages(text: str) -> set[str]:
    return {str(name) for name in yaml.load(text, yaml.CSafeLoader).get("stages", {})}


def _targets(text: str) -> set[str]:
    return {target for line in TARGET.findall(text) for target in line.split()}


KINDS: tuple[tuple[str, str, Names], ...] = (
    ("params.yaml", "params.yaml key", _keys),
    ("dvc.yaml", "stage", _stages),
    ("Makefile", "command", _targets),
    ("mk/*.mk", "command", _targets),
)
