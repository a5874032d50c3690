"""Rules about settings: nobody may need `--trust`, and nobody's Copier may become too old without a word."""

from collections.abc import Iterator

from packaging.version import Version

from release.finding import Finding
from release.template import Template

UNSAFE = {
    "tasks": "do it in the project's `make setup`",
    "jinja_extensions": "use Jinja's own filters",
    "migrations": "write a function in hooks/release/migrations, which the project's owner calls",
    "external_data": "ask a question",
}


def unsafe(new: Template) -> Iterator[Finding]:
    """Refuses settings that run code or read files on the user's machine, for which Copier wants `--trust`."""
    for setting, remedy in UNSAFE.items():
        if setting in new.settings:
            yield Finding(f"copier.yml _{setting}", "needs or widens the user's trust", remedy)


def strict(new: Template) -> Iterator[Finding]:
    """Refuses an environment in which a typo renders as nothing."""
    if new.settings.get("envops", {}).get("undefined") != "jinja2.StrictUndefined":
        yield Finding(
            "copier.yml _envops", "lets an undefined name render as nothing", "set `undefined: jinja2.StrictUndefined`"
        )


def minimum_given(new: Template) -> Iterator[Finding]:
    """Refuses a template that does not say which Copier it needs."""
    if "min_copier_version" not in new.settings:
        yield Finding("copier.yml _min_copier_version", "is missing", "name the oldest Copier that the tests pass with")


def minimum_said(last: Template, new: Template, news: str) -> Iterator[Finding]:
    """Refuses a newer Copier that the changelog's news do not name."""
    before, after = (template.settings.get("min_copier_version") for template in (last, new))
    if not after or (before and Version(after) <= Version(before)) or after in news:
        return
    yield Finding(
        "copier.yml _min_copier_version",
        f"is raised from {before} to {after} without a word",
        f"say in CHANGELOG.md that Copier {after} is needed",
    )
