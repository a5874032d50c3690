"""The two sides of the template in an update: the version that the project's files came from, and the new one."""

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import elsewhere
import merging
from inputs import answers, packages
from project import Project
from record import ANSWERS, recorded
from repository import tree
from source import versions
from source.rendering import Rendered, Unpacked
from source.template import Template

Files = dict[str, merging.Entry]


class Sides:
    """Both versions, unpacked and rendered when they are needed.

    Attributes:
        head: The project's last commit, from which it all is made.
        now: What the project remembers.
        version: The version to update to.
        warnings: What is wrong with the recorded version's tag.
        findings: The same, where a person must look at the result.
    """

    def __init__(self, project: Project, template: Template, asked: str | None, room: Path) -> None:
        """Chooses the versions."""
        self.project, self.template, self.room = project, template, room
        self.head = project.head
        self.now = recorded(project.folder)
        self._base = versions.base(template, self.now)
        self.version, self.commit = versions.target(template, self.now, asked)
        self.states = answers.history(project)
        self.warnings = [self._base.warning] if self._base.warning and not self._base.lost else []
        self.findings = {ANSWERS: self._base.warning} if self._base.lost else {}
        self._fitted: dict[str, Rendered] = {}

    @cached_property
    def scratch(self) -> Path:
        """The repository for the merge."""
        return merging.scratch_repository(self.project.top, self.room / "scratch")

    @cached_property
    def old(self) -> Unpacked:
        """The version that the files came from."""
        return self.template.unpack(self.now.version, self._base.commit, self.room / "base-source")

    @cached_property
    def new(self) -> Unpacked:
        """The version to update to."""
        if self.commit == self._base.commit:
            return replace(self.old, version=self.version)
        return self.template.unpack(self.version, self.commit, self.room / "new-source")

    @cached_property
    def ours(self) -> Files:
        """The project's committed files."""
        return tree(self.project.committed(self.head), self.project.top)

    @cached_property
    def origin(self) -> answers.State:
        """The answers that the project's files came from."""
        return answers.origin(self.states, self._fits)

    def _fits(self, state: answers.State) -> tuple[int, Files]:
        folder = self.room / f"fit-{len(self._fitted)}"
        self._fitted[state.text] = self.old.render(state.text, {}, folder)
        made = self.stored(self._fitted[state.text])
        made.pop(ANSWERS)
        score = sum(
            2 if self.ours.get(path) == entry else 1 if path in self.ours else -1 for path, entry in made.items()
        )
        return score, made

    @cached_property
    def edited(self) -> dict[str, tuple[Any, Any]]:
        """Answers that were edited by hand: before and now, by question."""
        return answers.edited(self.origin, self.now)

    @cached_property
    def former(self) -> dict[str, Any]:
        """Answers to questions that are not asked at the moment."""
        known = answers.former(self.states, self.now.answers, self.origin.says.answers)
        return {key: value for key, value in known.items() if key in self.new.settings[1]}

    @property
    def settled(self) -> bool:
        """Whether the project is what the version to update to makes of its answers, but for what people did to it."""
        return self.commit == self._base.commit and not self.edited

    @cached_property
    def base(self) -> Rendered:
        """The version that the files came from, with the package's name that its folder has in the project."""
        rendered = self._fitted.get(self.origin.text) or self.old.render(self.origin.text, {}, self.room / "base")
        package = rendered.answers.get(packages.QUESTION)
        paths = [path.relative_to(rendered.folder).as_posix() for path in rendered.folder.rglob("*")]
        self.package = packages.renamed(str(package), paths, self.ours) if package else None
        if self.package is None:
            return rendered
        said = f"the folder src/{package}/ is src/{self.package}/ here: package_name is {self.package} from now on"
        self.warnings.append(said)
        return self.old.render(self.origin.text, {packages.QUESTION: self.package}, self.room / "base-renamed")

    def render(self, given: dict[str, Any]) -> Rendered:
        """Renders the new version; `given` gets the package's name where its folder was renamed by hand."""
        if self.base and self.package is not None:
            given.setdefault(packages.QUESTION, self.package)
        text = answers.remembering(answers.read(self.project.folder), self.former)
        return self.new.render(text, given, self.room / "new")

    def stored(self, rendered: Rendered) -> Files:
        """Returns the files of a rendering, where the project has them, stored in the scratch repository."""
        elsewhere.place(rendered.folder, self.project.folder)
        return tree(merging.store(rendered.folder, self.scratch), self.scratch)
