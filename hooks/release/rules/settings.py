"""Rules about settings: nobody may need `--trust`, and nothing may change how all files and answers are read."""

from collections.abc import Iterator

from packaging.version import Version

from release.archive import PARTS
from release.finding import Finding
from release.move_list import Moves
from release.step import Step
from release.template import ANSWERS_FILE, Template

UNSAFE = {
    "tasks": "do it in the project's `make setup`",
    "jinja_extensions": "use Jinja's own filters",
    "migrations": "write a function in hooks/release/migrations, which the project's owner calls",
    "external_data": "ask a question",
}
UNDEFINED = "undefined"
READ = ("templates_suffix", "envops")
COMMAND = "make update"


def unsafe(new: Template) -> Iterator[Finding]:
    """Refuses settings that run code or read files on the user's machine, for which Copier wants `--trust`."""
    for setting, remedy in UNSAFE.items():
        if setting in new.settings:
            yield Finding(f"copier.yml _{setting}", "needs or widens the user's trust", remedy)


def folder(new: Template) -> Iterator[Finding]:
    """Refuses another folder than that which is kept as a release."""
    name = new.settings.get("subdirectory")
    if name != PARTS[1] or not (new.folder / PARTS[1]).is_dir():
        yield Finding(
            "copier.yml _subdirectory",
            f"is {name!r}, but a release is `copier.yml` and the folder `{PARTS[1]}`",
            f"set `_subdirectory: {PARTS[1]}`, and keep the files there",
        )


def read(last: Template, new: Template) -> Iterator[Finding]:
    """Refuses what changes how every file is read: delimiters, line ends, the suffix of templates."""
    for setting in READ:
        before, after = last.settings.get(setting), new.settings.get(setting)
        options = [{setting: value} if not isinstance(value, dict) else value for value in (before, after)]
        for name in sorted(options[0].keys() | options[1].keys()):
            if name != UNDEFINED and options[0].get(name) != options[1].get(name):
                yield Finding(
                    f"copier.yml _{setting}",
                    f"changes `{name}`, so every file and path is read in another way",
                    "set it back",
                )


def strict(new: Template) -> Iterator[Finding]:
    """Refuses an environment in which a typo renders as nothing."""
    if new.settings.get("envops", {}).get(UNDEFINED) != "jinja2.StrictUndefined":
        yield Finding(
            "copier.yml _envops", "lets an undefined name render as nothing", "set `undefined: jinja2.StrictUndefined`"
        )


def remembered(new: Template) -> Iterator[Finding]:
    """Refuses a template that does not render the answers where the guard, Copier and Renovate look for them."""
    if ANSWERS_FILE not in new.usual.sources:
        yield Finding(
            ANSWERS_FILE,
            "is not rendered, so no project could be updated again",
            f"set `_answers_file: {ANSWERS_FILE}`, and keep `{{{{_copier_conf.answers_file}}}}.jinja`",
        )


def minimum_given(new: Template) -> Iterator[Finding]:
    """Refuses a template that does not say which Copier it needs."""
    if "min_copier_version" not in new.settings:
        yield Finding("copier.yml _min_copier_version", "is missing", "name the oldest Copier that the tests pass with")


def minimum_said(step: Step) -> Iterator[Finding]:
    """Refuses a newer Copier that the changelog's news do not name."""
    before, after = (template.settings.get("min_copier_version") for template in (step.last.template, step.new))
    if not after or (before and Version(after) <= Version(before)) or step.said(after):
        return
    yield Finding(
        "copier.yml _min_copier_version",
        f"is raised from {before} to {after} without a word",
        f"say in CHANGELOG.md that Copier {after} is needed",
    )


def warned(new: Template, moved: Moves) -> Iterator[Finding]:
    """Refuses moves of which nobody is told who updates without the guard: plain Copier deletes the edits."""
    if moved.rows and COMMAND not in new.settings.get("message_before_update", ""):
        yield Finding(
            "copier.yml _message_before_update",
            "does not say that files move, and plain `copier update` deletes the edits in them",
            f"tell people to use `{COMMAND}`",
        )
