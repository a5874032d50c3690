"""Rules about questions: `--defaults` must work, and what a project has stored must stay what it is."""

from collections.abc import Callable, Iterator

from copier._types import MISSING
from copier.errors import CopierError
from jinja2 import TemplateError

from release.answers import choices, possible, refusal
from release.finding import Finding
from release.rules.answering.candidates import further, listed
from release.template import Template


def defaults(new: Template) -> Iterator[Finding]:
    """Refuses a visible question without a default, and a default that its own validator refuses."""
    for name, spec in new.asked.items():
        if spec.get("default", MISSING) is MISSING:
            yield Finding(f"question {name}", "has no default, so `copier copy --defaults` fails", "give it a default")
            return
    try:
        new.rendering()
    except (ValueError, CopierError, TemplateError) as error:
        yield Finding("copier.yml", f"`copier copy --defaults` fails ({error})", "correct the default")


def gone(last: Template, new: Template) -> Iterator[Finding]:
    """Refuses a question that is not asked any more: its stored answers would be dropped."""
    for name in sorted(last.asked.keys() - new.asked.keys()):
        yield Finding(
            f"question {name}",
            "is not asked any more, so its stored answers would be dropped",
            "keep it, and map its answers in a computed value",
        )


def stored(last: Template, new: Template, said: Callable[[str], bool] = lambda _: False) -> Iterator[Finding]:
    """Refuses another type, a removed choice, and a validator that refuses what the last one accepted.

    Args:
        last: The last release.
        new: The new one.
        said: Whether the changelog has a word. What became the name of a dependency can't be accepted any more: there a
            word is enough.
    """
    for name in sorted(last.asked.keys() & new.asked.keys()):
        before, after = _kind(last, name), _kind(new, name)
        if before != after:
            yield Finding(
                f"question {name}",
                f"changes its type from {before} to {after}, so stored answers would be reset to the default",
                "keep the type, and convert in a computed value",
            )
            continue
        removed = [value for value in choices(last, name) if refusal(new, name, value)]
        if removed:
            yield Finding(
                f"question {name}",
                f"has lost the choice {removed[0]!r}, so projects that chose it would be reset to the default",
                "keep the choice, and map it in a computed value",
            )
            continue
        yield from _refused(last, new, name, said)


def _kind(template: Template, name: str) -> str:
    question = template.question(name)
    return f"{'list of ' if question.multiselect else ''}{question.get_type_name()}"


def _refused(last: Template, new: Template, name: str, said: Callable[[str], bool]) -> Iterator[Finding]:
    taken = listed(last, new, name)
    refused = {
        repr(answer): (answer, refusal(new, name, answer))
        for answer in [*possible(last, name), *further(last, new, name)]
    }
    words = [answer for answer, reason in refused.values() if reason and answer in taken]
    others = [(answer, reason) for answer, reason in refused.values() if reason and answer not in taken]
    for answer, reason in others[:1]:
        yield Finding(
            f"question {name}",
            f"refuses {answer!r}, which the last release accepted ({_short(reason)}), so such projects would be reset",
            "accept it as before",
        )
    if not all(said(word) for word in words):
        yield Finding(
            f"question {name}",
            f"refuses {', '.join(words)}, which its list has now, so projects of such a name would be reset",
            "take them out of the list, or name them in CHANGELOG.md with what to do",
        )


def _short(reason: str) -> str:
    return " ".join(reason.split()).rstrip(".")
