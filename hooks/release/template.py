"""A template as the rules see it: its settings, its questions, and what it renders for the answers of a project.

All of it is Copier's own: its reader of `copier.yml`, its questionnaire, its paths and patterns, its Jinja. The
functions are private to Copier, which is why the tests hold each rule against a real template.
"""

import functools
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import copier._template
import yaml
from copier._jinja_ext import SandboxedEnvironment
from copier._main import Worker, as_operation
from copier._settings import SettingsModel
from copier._template import filter_config, load_template_config
from copier._tools import scantree
from copier._user_data import AnswersMap, Question

ANSWERS_FILE = ".copier-answers.yml"


class AnsweredWorker(Worker):
    """Copier's worker whose answers no longer change, so what follows from them is computed once, not for each path."""

    _fixed: tuple[Path, Mapping[str, Any]] | None = None

    def fix(self) -> None:
        """Keeps the context of the answers as they are now."""
        path = self.answers_relpath
        self._fixed = (path, self._render_context())

    @property
    def answers_relpath(self) -> Path:
        """Where the answers are stored."""
        return self._fixed[0] if self._fixed else super().answers_relpath

    def _render_context(self) -> dict[str, Any]:  # type: ignore[override]
        return dict(self._fixed[1] if self._fixed else super()._render_context())


@dataclass(frozen=True)
class Rendering:
    """What a template makes of one set of answers; `sources` are its files by the path they get in the project."""

    worker: Worker
    answers: Mapping[str, Any]
    sources: Mapping[str, Path]

    def parked(self, path: str) -> bool:
        """Says whether an update leaves this path alone, edits and all, because `_exclude` lists it."""
        return self.worker.match_exclude(Path(path))

    def written_once(self, path: str) -> bool:
        """Says whether an update leaves this path alone once it is there, because `_skip_if_exists` lists it."""
        return self.worker.match_skip(Path(path))

    def text(self, path: str) -> str:
        """Returns a file as the project gets it."""
        source = self.sources[path]
        if source.name.endswith(self.worker.template.templates_suffix):
            name = source.relative_to(self.worker.template.local_abspath).as_posix()
            return self.worker.jinja_env.get_template(name).render(**self.worker._render_context())
        return source.read_text(encoding="utf-8")


class Template:
    """A folder with `copier.yml` and the files that it renders. It must be a plain folder, no git repository."""

    def __init__(self, folder: Path) -> None:
        """Reads the settings and the questions."""
        self.folder = folder
        self.settings, self.questions = filter_config(load_template_config(folder / "copier.yml"))
        self.asked = {name: spec for name, spec in self.questions.items() if spec.get("when") is not False}

    @functools.cached_property
    def _copiers(self) -> copier._template.Template:
        """Copier's own view of the folder, which asks git and reads `copier.yml` once instead of once a rendering."""
        return copier._template.Template(url=str(self.folder))

    @functools.cached_property
    def environment(self) -> SandboxedEnvironment:
        """Copier's Jinja with this template's settings, which compiles a text once instead of once a path."""
        environment = self._worker(Path()).jinja_env
        environment.from_string = functools.cache(environment.from_string)  # type: ignore[method-assign]
        return environment

    def _worker(self, project: Path) -> AnsweredWorker:
        # The settings of whoever runs this must not decide what the defaults are.
        worker = AnsweredWorker(
            src_path=str(self.folder), dst_path=project, settings=SettingsModel(), defaults=True, quiet=True
        )
        worker.template = self._copiers
        return worker

    @as_operation("update")
    def rendering(self, stored: Mapping[str, Any] | None = None) -> Rendering:
        """Returns what a project with these stored answers gets from `copier update --defaults`.

        Raises:
            ValueError: A default is missing, or refused by its own validator.
        """
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / ANSWERS_FILE).write_text(yaml.safe_dump(dict(stored or {})), encoding="utf-8")
            worker = self._worker(Path(folder))
            worker.jinja_env = self.environment
            worker._ask()
            worker.fix()
        sources = {
            path.as_posix(): Path(entry.path)
            for entry in scantree(str(worker.template_copy_root), True)
            if entry.is_file()
            for path, _ in worker._render_path(Path(entry.path).relative_to(worker.template_copy_root))
            if not worker.match_exclude(path)
        }
        return Rendering(worker, worker._answers_to_remember(), sources)

    @functools.cached_property
    def usual(self) -> Rendering:
        """What a project with nothing but defaults gets."""
        return self.rendering()

    def question(self, name: str) -> Question:
        """Returns a question as Copier asks it, all others being answered by their defaults."""
        worker = self.usual.worker
        return Question(
            answers=AnswersMap(),
            context=worker._render_context(),
            jinja_env=self.environment,
            settings=SettingsModel(),
            var_name=name,
            **self.questions[name],
        )
