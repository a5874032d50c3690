"""Rules about values: what a project has stored stays, and what it has not stored does not change without a word."""

from collections.abc import Iterator
from typing import Any

from release.answers import default
from release.finding import Finding
from release.sources import sources
from release.step import Step
from release.template import Template

LONG = 60  # characters of a value in a finding


def forgotten(step: Step, refused: set[str]) -> Iterator[Finding]:
    """Refuses a question that is no longer asked of a project that answered it: its answer would be replaced.

    Args:
        step: Both releases.
        refused: Questions of which it is said already why their answers are not taken.
    """
    lost: dict[str, tuple[Any, Any]] = {}
    for pair in step.pairs:
        for name, answer in pair.before.answers.items():
            now = pair.after.worker.answers.combined.get(name)
            if name in step.new.asked and (name not in pair.after.answers or now != answer):
                lost[name] = max(lost.get(name, (answer, now)), (answer, now), key=lambda both: both[0] != both[1])
    for name in sorted(lost.keys() - refused):
        answer, now = lost[name]
        yield Finding(
            f"question {name}",
            f"is not asked of a project that answered {_short(answer)}, so an update would put {_short(now)} there",
            "ask it as before, and decide in a computed value what it changes",
        )


def defaults(step: Step, refused: set[str]) -> Iterator[Finding]:
    """Refuses another default without a word, and any for a question that older projects were never asked."""
    last, new = step.last.template, step.new
    for name in sorted(last.asked.keys() & new.asked.keys() - refused):
        if last.asked[name].get("default") == new.asked[name].get("default"):
            continue
        values = [(default(last, name, pair.before), default(new, name, pair.after)) for pair in step.pairs]
        before, after = next(((one, two) for one, two in values if one != two), (None, None))
        older = step.last.unasked.get(name, [])
        if before == after or (not older and step.said(name, str(after))):
            continue
        yield Finding(
            f"question {name}",
            f"changes its default from {_short(before)} to {_short(after)}"
            + (f", which projects of {', '.join(older)} would get: they never stored an answer" if older else ""),
            "keep the default" if older else f"keep it, or say in CHANGELOG.md that {name} is now {after}",
        )


def computed(step: Step) -> Iterator[Finding]:
    """Refuses a computed value that files or paths use and that changes without a word: each project would change."""
    used, changed = _used(step.new), dict[str, tuple[Any, Any]]()
    for pair in step.pairs:
        before, after = (side.worker.answers.combined for side in (pair.before, pair.after))
        for name in used & before.keys() & after.keys() - step.new.asked.keys() - step.last.template.asked.keys():
            if before[name] != after[name]:
                changed.setdefault(name, (before[name], after[name]))
    for name, (was, now) in sorted(changed.items()):
        if not step.said(name):
            yield Finding(
                f"question {name}",
                f"is computed as {_short(now)}, and was {_short(was)} with the same answers, so projects would change",
                f"compute it as before, or name {name} in CHANGELOG.md with what changes",
            )


def _used(template: Template) -> set[str]:
    """Returns the names that paths and files depend on, by other computed values too."""
    needs: dict[str, set[str]] = {}
    for source in sources(template):
        needs.setdefault(source.where, set()).update(template.dialect.needed(source.text))
    files = (names for where, names in needs.items() if not where.startswith(("copier.yml _", "question ")))
    used, waiting = set[str](), set().union(*files)
    while waiting:
        used |= waiting
        waiting = set().union(*(_default(template, name) for name in waiting)) - used
    return used & template.questions.keys()


def _default(template: Template, name: str) -> set[str]:
    text = template.questions.get(name, {}).get("default") if name not in template.asked else None
    return set(template.dialect.needed(text)) if isinstance(text, str) else set()


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONG else f"{text[:LONG]}..."
