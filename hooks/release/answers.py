"""Answers that projects may have stored: of each question alone, and a small set in which all pairs of them occur."""

import functools
from collections.abc import Mapping, Sequence
from itertools import combinations, product
from pathlib import Path
from typing import Any

import yaml

from release.rendering import Rendering
from release.template import Template

EDGES = Path(__file__).with_name("edges.yaml")


@functools.cache
def edges() -> tuple[Any, ...]:
    """Returns answers at the edge of what a validator may accept."""
    return tuple(yaml.safe_load(EDGES.read_text(encoding="utf-8")))


def refusal(template: Template, name: str, answer: Any) -> str | None:
    """Returns why a template refuses an answer to a question, or nothing if it takes it unchanged."""
    question = template.question(name)
    try:
        parsed = question.parse_answer(answer)
        question.validate_answer(parsed)
    except (ValueError, TypeError) as error:
        return str(error)
    return None if parsed == answer else f"it becomes {parsed!r}"


def default(template: Template, name: str, project: Rendering | None = None) -> Any:
    """Returns the default of a question, for a project's other answers or for their defaults."""
    return template.question(name, project).get_default()


def choices(template: Template, name: str) -> list[Any]:
    """Returns the values that one may choose from, those that are disabled left out."""
    question = template.question(name)
    offered = [choice for choice in question._formatted_choices if not choice.disabled]
    values = [question.cast_answer(choice.value) for choice in offered]
    return [[value] for value in values] if question.multiselect else values


def possible(template: Template, name: str) -> list[Any]:
    """Returns answers that a project may have given to a question, its default first."""
    question = template.question(name)
    candidates = choices(template, name) or ([True, False] if question.get_type_name() == "bool" else edges())
    default = question.get_default()
    others = [answer for answer in candidates if repr(answer) != repr(default)]
    return [default, *(answer for answer in others if refusal(template, name, answer) is None)]


def pairwise(domains: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Returns few answers in which every two values of two questions meet; with one question, each of its values.

    Greedy: a row starts with a pair that is still missing and takes, question by question, the value that then
    covers most of what is missing.
    """
    missing = [
        dict(zip(names, picks, strict=True))
        for names in combinations(domains, min(2, len(domains)))
        for picks in product(*(range(len(domains[name])) for name in names))
    ]
    rows: list[dict[str, Any]] = []
    while missing:
        row = dict(missing[0])
        for name in [other for other in domains if other not in row]:
            row[name] = max(range(len(domains[name])), key=lambda pick, name=name: _met(row | {name: pick}, missing))
        missing = [entry for entry in missing if not entry.items() <= row.items()]
        rows.append({name: domains[name][row[name]] for name in domains})
    return rows


def _met(row: Mapping[str, int], missing: Sequence[Mapping[str, int]]) -> int:
    return sum(entry.items() <= row.items() for entry in missing)


def covering(template: Template) -> list[dict[str, Any]]:
    """Returns a pairwise set of answers to all questions: all choices, and two answers where the text is free."""
    return pairwise(
        {
            name: answers if choices(template, name) else answers[:2]
            for name in template.asked
            for answers in [possible(template, name)]
        }
    )


@functools.cache
def projects(template: Template) -> tuple[Rendering, ...]:
    """Returns what projects with few but different answers got from a template."""
    return tuple(template.rendering(stored) for stored in covering(template))
