"""Is a release safe to update to? One module a family of rules; `findings` applies them all.

A rule is a function from one or two templates to findings. It changes nothing and prints nothing.
"""

from collections.abc import Callable, Iterator
from types import ModuleType

from copier.errors import CopierError
from jinja2 import TemplateError

from release import answers, version
from release.finding import Finding
from release.rendering import Rendering
from release.rules import files, gitignore, keys, layout, names, ownership, paths, patterns, purity, readable, settings
from release.rules.answering import questions, values
from release.rules.moving import lists, rows
from release.step import Last, Step
from release.template import Template

__all__ = ["Last", "findings"]


def findings(new: Template, last: Last | None, tag: str | None, news: str, migrations: ModuleType) -> list[Finding]:
    """Returns what would hurt the projects that update to this template; nothing, if it is safe.

    What later rules build on is checked first; where it is broken, nothing else is said.
    """
    step = Step(last, new, news) if last is not None else None
    for first in _first(new, step):
        broken = set(first())
        if broken:
            return sorted({*broken, *(questions.gone(last.template, new) if last is not None else ())})
    findings = [*_alone(new), *version.migrations_named(migrations)]
    if tag is not None:
        findings += version.tagged(tag, last.version if last else None)
    if step is not None:
        findings += _compared(step, tag, migrations)
    return sorted(set(findings))


def _first(new: Template, step: Step | None) -> Iterator[Callable[[], Iterator[Finding]]]:
    """Yields what is checked before all else: settings that need no rendering, then the renderings themselves."""
    yield lambda: settings.unsafe(new)
    yield lambda: settings.folder(new)
    if step is not None:
        yield lambda: settings.read(step.last.template, new)
    yield lambda: files.linked(new)
    yield lambda: names.syntax(new)
    yield lambda: purity.globbed(new)
    yield lambda: names.undefined(new)
    yield lambda: questions.defaults(new)
    yield lambda: _renderings(new, step)
    yield lambda: readable.rendered(_all(new, step))


def _all(new: Template, step: Step | None) -> tuple[Rendering, ...]:
    made = {id(rendering): rendering for rendering in answers.projects(new)}
    made |= {id(pair.after): pair.after for pair in (step.pairs if step is not None else ())}
    return tuple(made.values())


def _renderings(new: Template, step: Step | None) -> Iterator[Finding]:
    """Refuses answers for which nothing can be rendered."""
    try:
        _all(new, step)
    except (ValueError, CopierError, TemplateError) as error:
        yield Finding("copier.yml", f"some answers can't be rendered ({' '.join(str(error).split())})", "correct it")


def _alone(new: Template) -> list[Finding]:
    """Returns what can be said of one template."""
    made = answers.projects(new)
    return [
        *settings.strict(new),
        *settings.minimum_given(new),
        *settings.remembered(new),
        *patterns.early(new),
        *purity.impure(new),
        *files.binary(new, made),
        *files.leftover(new),
        *files.runnable(new),
        *gitignore.ignored(made),
        *gitignore.starred(made),
        *paths.excluded(made),
        *paths.alike(made),
        *readable.guarded(new.folder, made),
        *readable.parsed(made),
    ]


def _compared(step: Step, tag: str | None, migrations: ModuleType) -> list[Finding]:
    """Returns what the step from the last release would do to projects."""
    last, new = step.last, step.new
    moves = lists.moved(last, new)
    gone = list(questions.gone(last.template, new))
    refused = list(questions.stored(last.template, new, step.said))
    said = {finding.where.removeprefix("question ") for finding in (*gone, *refused)}
    retired = [*sorted(step.lost.keys() - moves.rows), *(finding.where for finding in gone)]
    return [
        *gone,
        *refused,
        *values.forgotten(step, said),
        *values.defaults(step, said),
        *values.computed(step),
        *patterns.unknown(last.template, new),
        *settings.minimum_said(step),
        *settings.warned(new, moves),
        *lists.unreadable(last, new),
        *lists.unnamed(last, new, tag),
        *lists.changed(last, new),
        *rows.rows(step, moves),
        *rows.split(step, moves),
        *rows.left(step, moves),
        *paths.removed(step, moves),
        *paths.respelled(step),
        *paths.nested(step),
        *ownership.taken(step),
        *ownership.given(step),
        *files.stopped(step),
        *keys.gone(step),
        *layout.reformatted(step),
        *(version.migration_there(tag, last.version, retired, migrations) if tag is not None else ()),
    ]
