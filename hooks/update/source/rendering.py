"""Renders a version of the template with a project's answers, in Copier's own sandbox."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import copier
import jinja2
import yaml
from copier._main import Worker
from copier._settings import SettingsModel
from copier._template import filter_config, load_template_config
from copier.errors import CopierError
from record import ANSWERS, answers_in, mark
from repository import GuardError

SOURCE = re.compile(r"(?m)^_src_path:.*(?:\n +.*)*$")
RECORD = re.compile(r"(?m)^_(?:commit|commit_id|answers_id):.*\n")


@cache
def preferences() -> SettingsModel:
    """Returns the defaults in the settings file of Copier that this person or machine has; whom it trusts is ignored.

    Raises:
        GuardError: The file can't be read.
    """
    try:
        return SettingsModel(defaults=dict(copier.load_settings().defaults))
    except CopierError as error:
        message = f"the settings file of Copier can't be read: correct it ({' '.join(str(error).split())})"
        raise GuardError(message) from None


@dataclass(frozen=True)
class Rendered:
    """What a version of the template makes of a project's answers.

    Attributes:
        folder: Where the files are.
        answers: The answers it was rendered with.
        owned: Tells whether a path is written once, then the project's own.
        excluded: Tells whether the template leaves a path alone.
    """

    folder: Path
    answers: dict[str, Any]
    owned: Callable[[Path], bool]
    excluded: Callable[[Path], bool]


@dataclass(frozen=True)
class Unpacked:
    """A version of the template in a folder of its own.

    Attributes:
        folder: The folder.
        version: What a project records of it.
        commit: Its commit.
    """

    folder: Path
    version: str
    commit: str

    @cached_property
    def settings(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The settings and the questions of its `copier.yml`, as Copier reads it.

        Raises:
            GuardError: It can't be read.
        """
        file = next((path for path in sorted(self.folder.glob("copier.y*ml")) if path.is_file()), None)
        try:
            return filter_config(load_template_config(file)) if file else ({}, {})
        except (CopierError, ValueError, TypeError, yaml.YAMLError, RecursionError) as error:
            message = f"the settings of version {self.version} of the template can't be read: {one_line(error)}"
            raise GuardError(message) from None

    def render(self, answers: str, changes: dict[str, Any], into: Path) -> Rendered:
        """Renders it as Copier would in an update, by Copier's own sandbox.

        From an unpacked folder, not from git: Copier would clone, twice as slow. So its record of the version is added.

        Args:
            answers: Text of the answers file.
            changes: Answers that replace those.
            into: Folder to write to; must not exist.

        Raises:
            GuardError: Copier refuses an answer or the template.
        """
        into.mkdir()
        (into / ANSWERS).write_text(answers, encoding="utf-8", newline="\n")
        try:
            worker = _Renderer(
                src_path=str(self.folder),
                dst_path=into,
                data=changes,
                settings=preferences(),
                defaults=True,
                overwrite=True,
                quiet=True,
                answers_file=ANSWERS,
            )
            worker.remember()
            with worker:
                worker.run_copy()
        except (CopierError, jinja2.TemplateError, ValueError, TypeError, OSError, RecursionError) as error:
            message = f"version {self.version} of the template can't be rendered with this project's answers: "
            raise GuardError(message + one_line(error)) from error
        _demand_inside(into)
        self._record(into / ANSWERS, answers)
        return Rendered(into, answers_in(into / ANSWERS), worker.match_skip, worker.match_exclude)

    def _record(self, file: Path, answers: str) -> None:
        source = SOURCE.search(answers)
        if source is None:
            message = f"{ANSWERS} has no line _src_path: restore it with `git checkout`"
            raise GuardError(message)
        marked = mark(answers_in(file))
        record = f"_commit_id: '{self.commit}'\n_answers_id: '{marked}'\n_commit: {self.version}\n{source[0]}"
        text = SOURCE.sub(lambda _: record, RECORD.sub("", file.read_text(encoding="utf-8")))
        file.write_text(text, encoding="utf-8", newline="\n")


class _Renderer(Worker):
    """Copier, without what a rendering in a folder of its own does not need: it takes half of the time."""

    def remember(self) -> None:
        """Compiles each text once, not once a path; a text with `yield` has a state."""
        environment = self.jinja_env
        compiled, compile_text = cache(environment.from_string), environment.from_string
        environment.from_string = lambda text: (compile_text if "yield" in text else compiled)(text)

    def _sync_git_index_executable_bit(self, *_: Any) -> None:
        """Asks no git, file by file: a rendering is in no repository."""


def one_line(error: BaseException) -> str:
    """Returns what an error says, on one line."""
    return " ".join(str(error).split())[:500] or type(error).__name__


def _demand_inside(folder: Path) -> None:
    """Refuses links that lead out of a rendering: what they lead to would be read, compared and shown."""
    folder = folder.resolve()
    for path in folder.rglob("*"):
        if path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(folder):
            message = f"the template has a link out of the project, {path.relative_to(folder)}: don't update to it"
            raise GuardError(message)
