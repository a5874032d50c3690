"""A template as the rules see it: its settings, its questions, and what it renders for the answers of a project.

All of it is Copier's own: its reader of `copier.yml`, its questionnaire, its paths and patterns, its Jinja. The
functions are private to Copier, so the tests check each rule with a real template.
"""

import functools
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import copier._template
import yaml
from copier._main import as_operation
from copier._settings import SettingsModel
from copier._template import filter_config, load_template_config
from copier._tools import scantree
from copier._user_data import AnswersMap, Question

from release.dialect import Dialect
from release.rendering import Answered, Places, Rendering

ANSWERS_FILE = ".copier-answers.yml"


class Template:
    """A folder with `copier.yml` and the files that it renders. It must be a plain folder, no git repository."""

    def __init__(self, folder: Path) -> None:
        """Reads the settings and the questions."""
        self.folder = folder
        self.settings, self.questions = filter_config(load_template_config(folder / "copier.yml"))
        self._made: dict[str, Rendering] = {}
        self._matchers: dict[tuple[str, ...], Callable[[Path], bool]] = {}
        self.asked = {name: spec for name, spec in self.questions.items() if spec.get("when") is not False}

    @functools.cached_property
    def _copiers(self) -> copier._template.Template:
        """Copier's own view of the folder, which asks git and reads `copier.yml` once instead of once a rendering."""
        return copier._template.Template(url=str(self.folder))

    @functools.cached_property
    def dialect(self) -> Dialect:
        """Copier's Jinja with this template's settings."""
        return Dialect(self._worker(Path()).jinja_env, sorted(self.settings.get("envops", {}).items()))

    def _worker(self, project: Path) -> Answered:
        # The settings of the person who runs this must not decide what the defaults are.
        worker = Answered(
            src_path=str(self.folder), dst_path=project, settings=SettingsModel(), defaults=True, quiet=True
        )
        worker.template, worker.matchers = self._copiers, self._matchers
        return worker

    @property
    def root(self) -> Path:
        """The folder of what is rendered."""
        return self._copiers.local_abspath / str(self.settings.get("subdirectory", ""))

    @property
    def suffix(self) -> str:
        """The end of the names of files that Jinja renders."""
        return self._copiers.templates_suffix

    @functools.cached_property
    def _unanswered(self) -> Mapping[str, Any]:
        return self._worker(Path())._render_context()

    @property
    def system_names(self) -> frozenset[str]:
        """The names that Copier itself adds to the answers."""
        return frozenset(self._unanswered)

    @property
    def facts(self) -> frozenset[str]:
        """The names of what Copier says of itself in `_copier_conf`."""
        return frozenset(self._unanswered["_copier_conf"])

    @functools.cached_property
    def files(self) -> dict[Path, Path]:
        """The files of the template, by their paths with expressions."""
        entries = (Path(entry.path) for entry in scantree(str(self.root), True) if entry.is_file())
        return {entry.relative_to(self.root): entry for entry in entries}

    @functools.cached_property
    def _places(self) -> Places:
        return Places(self.questions.keys(), self.dialect.needed)

    def where(self, source: Path) -> str:
        """Returns the path of a file from the template's folder."""
        return source.relative_to(self._copiers.local_abspath).as_posix()

    @functools.cached_property
    def contents(self) -> dict[Path, bytes]:
        """The bytes of all these files."""
        return {source: source.read_bytes() for source in sorted(self.files.values())}

    @as_operation("update")
    def rendering(self, stored: Mapping[str, Any] | None = None) -> Rendering:
        """Returns what a project with these stored answers gets from `copier update --defaults`.

        Raises:
            ValueError: A default is missing, or refused by its own validator.
        """
        given = _own(stored or {})
        if given not in self._made:
            made = self._render(stored or {})
            self._made[given] = self._made.setdefault(_own(made.answers), made)
        return self._made[given]

    def _render(self, stored: Mapping[str, Any]) -> Rendering:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / ANSWERS_FILE).write_text(yaml.safe_dump(dict(stored)), encoding="utf-8")
            worker = self._worker(Path(folder))
            worker.jinja_env = self.dialect.environment
            worker.answer()
        sources: dict[str, Path] = {}
        excluded: dict[str, Path] = {}
        for entry, source in self.files.items():
            for path in self._places.of(worker, entry):
                (excluded if worker.match_exclude(path) else sources)[path.as_posix()] = source
        return Rendering(worker, worker._answers_to_remember(), sources, excluded)

    @functools.cached_property
    def usual(self) -> Rendering:
        """What a project with nothing but defaults gets."""
        return self.rendering()

    def question(self, name: str, project: Rendering | None = None) -> Question:
        """Returns a question as Copier asks it, all others being answered as in a project, or by their defaults."""
        return Question(
            answers=AnswersMap(),
            context=(project or self.usual).worker._render_context(),
            jinja_env=self.dialect.environment,
            settings=SettingsModel(),
            var_name=name,
            **self.questions[name],
        )


def _own(answers: Mapping[str, Any]) -> str:
    """Returns what tells one set of answers from another, without Copier's own."""
    return repr(sorted((name, answer) for name, answer in answers.items() if not name.startswith("_")))
