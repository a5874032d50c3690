"""Plans an update: which version, with which answers, and what it makes of each file. Writes nothing to the project."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import merging
import obstacles
import yaml
from pathspec import PathSpec
from project import Project
from record import ANSWERS, Recorded, recorded
from rendering import Template
from repository import GuardError, tree


@dataclass(frozen=True)
class Plan:
    """What an update will do.

    Attributes:
        project: The project.
        old: What it remembers.
        version: The version it will have.
        answers: The answers it will have.
        changes: The answers that the user gave now.
        merge: What happens to each file.
        head: The commit of the project that it was made for.
    """

    project: Project
    old: Recorded
    version: str
    answers: dict[str, Any]
    changes: dict[str, Any]
    merge: merging.Merge
    head: str

    @property
    def drifted(self) -> dict[str, tuple[Any, Any]]:
        """Answers that changed by themselves: old and new, by question."""
        return {
            key: (value, self.answers[key])
            for key, value in self.old.answers.items()
            if key in self.answers and self.answers[key] != value and key not in self.changes
        }

    @property
    def asked(self) -> dict[str, Any]:
        """Questions that the recorded version did not have, with the answers they got."""
        new = self.answers.keys() - self.old.answers.keys() - self.changes.keys()
        return {key: self.answers[key] for key in sorted(new)}

    @property
    def dropped(self) -> list[str]:
        """Questions that the new version no longer has."""
        return sorted(self.old.answers.keys() - self.answers.keys())


def target(template: Template, old: Recorded, asked: str | None) -> str:
    """Chooses the version to update to: the one asked for, else the newest release, else the recorded one.

    Raises:
        GuardError: There is no such version, or it is older than the recorded one.
    """
    template.commit(old.version)
    newer = template.newer(old.version)
    if asked is None:
        return newer[-1] if newer else old.version
    if not template.contains(asked, old.version):
        message = (
            f"version {asked} of the template doesn't contain {old.version}, which this project has: name a newer one"
        )
        raise GuardError(message)
    return asked


def demand_known(changes: dict[str, Any], settings: dict[str, Any], version: str) -> None:
    """Refuses answers to questions that the template doesn't ask.

    Raises:
        GuardError: There is one.
    """
    known = [
        key
        for key, spec in settings.items()
        if not key.startswith("_") and not (isinstance(spec, dict) and spec.get("when") is False)
    ]
    unknown = sorted(changes.keys() - set(known))
    if unknown:
        message = f"version {version} of the template has no question {', '.join(unknown)}; it asks {', '.join(known)}"
        raise GuardError(message)


def demand_asked(changes: dict[str, Any], answers: dict[str, Any]) -> None:
    """Refuses answers to questions that the other answers leave unasked: they would change nothing.

    Raises:
        GuardError: There is one.
    """
    unasked = sorted(changes.keys() - answers.keys())
    if unasked:
        message = (
            f"with the other answers {', '.join(unasked)} is not asked, so it would change nothing: "
            "change the answer that it depends on too (its `when` in copier.yml)"
        )
        raise GuardError(message)


def _owned(settings: dict[str, Any], answers: dict[str, Any], paths: set[str]) -> set[str]:
    patterns = [jinja2.Template(line).render(answers) for line in settings.get("_skip_if_exists", [])]
    return set(PathSpec.from_lines("gitwildmatch", patterns).match_files(paths))


def plan(project: Project, template: Template, asked: str | None, changes: dict[str, Any], room: Path) -> Plan | None:
    """Plans an update.

    Args:
        project: The project.
        template: Its template.
        asked: The version to update to; the newest release by default.
        changes: Answers to change.
        room: Folder for the renderings and the merge; must be empty.

    Returns:
        The plan, or None where there is nothing to do.

    Raises:
        GuardError: The update can't be done.
    """
    head = project.head
    old = recorded(project.folder)
    version = target(template, old, asked)
    settings = template.settings(version)
    demand_known(changes, settings, version)
    if template.commit(version) == template.commit(old.version) and changes.items() <= old.answers.items():
        return None
    template.render(old.version, project.folder, {}, room / "base")
    template.render(version, project.folder, changes, room / "new")
    found = yaml.safe_load((room / "new" / ANSWERS).read_text(encoding="utf-8"))
    answers = {key: value for key, value in found.items() if not key.startswith("_")}
    demand_asked(changes, answers)
    scratch = merging.scratch_repository(project.top, room / "scratch")
    base, new = (merging.store(room / name, scratch) for name in ("base", "new"))
    paths = {path for made in (base, new) for path in tree(made, scratch)}
    merge = merging.merge(
        scratch, (base, new, project.committed(head)), _owned(settings, answers, paths), f"template-{version}"
    )
    merge.stages.pop(ANSWERS, None)
    merge.reasons.pop(ANSWERS, None)
    merge.person.discard(ANSWERS)
    merge.result[ANSWERS] = merge.theirs[ANSWERS]
    obstacles.keep(project.folder, merge)
    return Plan(project, old, version, answers, changes, merge, head)
