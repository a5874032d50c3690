"""All rules together, in the order in which they can be asked."""

from dataclasses import dataclass
from types import ModuleType

from packaging.version import Version

from release import paths, patterns, purity, questions, trust, version
from release.finding import Finding
from release.template import Template


@dataclass(frozen=True)
class Last:
    """The release that projects come from; of a folder the version may be unknown."""

    template: Template
    version: Version | None


def findings(new: Template, last: Last | None, tag: str | None, news: str, migrations: ModuleType) -> list[Finding]:
    """Returns what would hurt the projects that update to this template; nothing, if it is safe.

    What needs trust is never loaded, and without defaults nothing can be rendered, so these are said alone.
    """
    broken = list(trust.unsafe(new)) or list(questions.defaults(new))
    if broken:
        return broken
    found = [*alone(new), *version.migrations_named(migrations)]
    if tag is not None:
        found += version.tagged(tag, last.version if last else None)
    if last is not None:
        found += compared(new, last, tag, news, migrations)
    return sorted(set(found))


def alone(new: Template) -> list[Finding]:
    """Returns what can be said of one template."""
    rules = (
        trust.strict,
        trust.minimum_given,
        purity.impure,
        purity.globbed,
        patterns.early,
        paths.binary,
        paths.ignored,
        paths.starred,
    )
    return [finding for rule in rules for finding in rule(new)]


def compared(new: Template, last: Last, tag: str | None, news: str, migrations: ModuleType) -> list[Finding]:
    """Returns what the step from the last release would do to projects."""
    lost = paths.lost(last.template, new)
    gone = list(questions.gone(last.template, new))
    found = [
        *paths.removed(lost),
        *patterns.unknown(last.template, new),
        *gone,
        *questions.stored(last.template, new),
        *trust.minimum_said(last.template, new, news),
    ]
    if tag is not None:
        retired = [*sorted(lost), *(finding.where for finding in gone)]
        found += version.migration_there(tag, last.version, retired, migrations)
    return found
