"""What a template renders for one set of answers: Copier's own worker, its paths and patterns."""

import functools
from collections.abc import Callable, Collection, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from copier._main import Worker

PACKAGE = "{package}"  # in paths that name a file of all projects, whatever their package is called


class Answered(Worker):
    """Copier's worker. Once all is answered, it makes Jinja's context and the matchers once, not once a path."""

    context: MutableMapping[str, Any] | None = None
    place: Path | None = None
    matchers: dict[tuple[str, ...], Callable[[Path], bool]]

    def answer(self) -> None:
        """Answers all questions with stored answers and defaults."""
        self._ask()
        self.place, self.context = super().answers_relpath, super()._render_context()

    @property
    def answers_relpath(self) -> Path:
        """The path of the answers file."""
        return self.place or super().answers_relpath

    def _render_context(self) -> MutableMapping[str, Any]:
        return self.context or super()._render_context()

    def _path_matcher(self, patterns: Iterable[str]) -> Callable[[Path], bool]:
        given = tuple(patterns)
        if given not in self.matchers:
            self.matchers[given] = functools.cache(super()._path_matcher(given))
        return self.matchers[given]


class Places:
    """Where files of a template go: each path is rendered once for all answers that it depends on."""

    def __init__(self, questions: Collection[str], needed: Callable[[str], frozenset[str]]) -> None:
        """Takes the names of the questions, and what returns the names that a text uses."""
        self._questions, self._needed = questions, needed
        self._known: dict[tuple[Any, ...], list[Path]] = {}

    def of(self, worker: Answered, entry: Path) -> list[Path]:
        """Returns the paths that a file of the template gets in a project."""
        context, names = worker._render_context(), sorted(self._needed(entry.as_posix()))
        key = (entry, *(repr(context.get(name)) for name in names))
        if key in self._known:
            return self._known[key]
        paths = [path for path, _ in worker._render_path(entry)]
        if all(name in self._questions for name in names):
            self._known[key] = paths
        return paths


@dataclass(frozen=True)
class Rendering:
    """What a template makes of one set of answers.

    Attributes:
        worker: Copier's worker, with all answers.
        answers: Those that a project stores.
        sources: Files of the template by the path they get in the project.
        excluded: Those that would be rendered if `_exclude` did not list them.
    """

    worker: Answered
    answers: Mapping[str, Any]
    sources: Mapping[str, Path]
    excluded: Mapping[str, Path]

    def parked(self, path: str) -> bool:
        """Says whether an update leaves this path alone, edits and all, because `_exclude` lists it."""
        return self.worker.match_exclude(Path(path))

    def written_once(self, path: str) -> bool:
        """Says whether an update leaves this path alone once it is there, because `_skip_if_exists` lists it."""
        return self.worker.match_skip(Path(path))

    @functools.cached_property
    def owned(self) -> frozenset[str]:
        """The paths that an update leaves alone once they are there."""
        return frozenset(filter(self.written_once, self.sources))

    def rendered(self, path: str) -> bool:
        """Says whether a file is made by Jinja, and not copied."""
        return self.sources[path].name.endswith(self.worker.template.templates_suffix)

    @functools.cached_property
    def _texts(self) -> dict[str, str]:
        return {}

    def text(self, path: str) -> str:
        """Returns a file as the project gets it."""
        if path not in self._texts:
            self._texts[path] = self._text(path)
        return self._texts[path]

    def _text(self, path: str) -> str:
        source = self.sources[path]
        if self.rendered(path):
            name = source.relative_to(self.worker.template.local_abspath).as_posix()
            return self.worker.jinja_env.get_template(name).render(**self.worker._render_context())
        return source.read_text(encoding="utf-8")

    def text_or_none(self, path: str) -> str | None:
        """Returns a file as the project gets it, or nothing where it is no text."""
        try:
            text = self.text(path)
        except UnicodeDecodeError:
            return None
        return None if "\0" in text else text

    @functools.cached_property
    def folders(self) -> frozenset[str]:
        """The folders of a project, each once."""
        return frozenset(folder for path in self.sources for folder in above(path))

    @functools.cached_property
    def package(self) -> str:
        """The folder of the project's package, as the paths of all projects name it."""
        return f"src/{self.worker.answers.combined.get('package_name', PACKAGE)}/"

    def general(self, path: str) -> str:
        """Returns a path of this project as that of all projects: with `{package}` for the name of the package."""
        return path.replace(self.package, f"src/{PACKAGE}/", 1) if path.startswith(self.package) else path

    def own(self, path: str) -> str:
        """Returns a path of all projects as that of this one."""
        return path.replace(f"src/{PACKAGE}/", self.package, 1)


@functools.cache
def above(path: str) -> tuple[str, ...]:
    """Returns the folders that a path lies in, below that of the project."""
    return tuple(folder.as_posix() for folder in PurePosixPath(path).parents[:-1])
