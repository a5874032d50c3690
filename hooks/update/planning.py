"""Plans an update: which version, with which answers, and what it makes of each file. Writes nothing to the project."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import merging
import moves
import obstacles
import submodules
from content import checking, formatting, locking
from inputs import keep, packages
from inputs.questions import demand_asked, demand_known, typed
from project import Project
from record import ANSWERS, Recorded
from sides import Sides
from source.template import Template


@dataclass(frozen=True)
class Plan:
    """What an update will do.

    Attributes:
        project: The project.
        old: What it remembers, with the answers that its files came from.
        version: The version it will have.
        answers: The answers it will have.
        changes: The answers that the user gave now.
        merge: What happens to each file.
        head: The commit of the project that it was made for.
        edited: Answers that were edited by hand: before and now, by question.
        restored: Questions that are asked again, with the answers they had.
        warnings: What a reader should know, and nobody must act on.
        kept: What stays because the project keeps it.
        findings: What is wrong with the files afterwards, by path: a person must act.
    """

    project: Project
    old: Recorded
    version: str
    answers: dict[str, Any]
    changes: dict[str, Any]
    merge: merging.Merge
    head: str
    edited: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    restored: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    kept: keep.Kept = field(default_factory=keep.Kept)
    findings: dict[str, str] = field(default_factory=dict)

    @property
    def drifted(self) -> dict[str, tuple[Any, Any]]:
        """Answers that changed by themselves: old and new, by question."""
        given = self.changes.keys() | {key for key, (_, now) in self.edited.items() if self.answers.get(key) == now}
        return {
            key: (value, self.answers[key])
            for key, value in self.old.answers.items()
            if key in self.answers and self.answers[key] != value and key not in given
        }

    @property
    def asked(self) -> dict[str, Any]:
        """Questions that the recorded version did not have, with the answers they got."""
        known = self.old.answers.keys() | self.changes.keys() | self.restored.keys() | self.edited.keys()
        return {key: self.answers[key] for key in sorted(self.answers.keys() - known)}

    @property
    def dropped(self) -> list[str]:
        """Questions that the new version no longer has."""
        return sorted(self.old.answers.keys() - self.answers.keys())


def plan(project: Project, template: Template, asked: str | None, changes: dict[str, str], room: Path) -> Plan | None:
    """Plans an update.

    Args:
        project: The project.
        template: Its template.
        asked: The version to update to; the newest release by default.
        changes: Answers to change, as they were typed.
        room: Folder for the renderings and the merge; must be empty.

    Returns:
        The plan, or None where there is nothing to do.

    Raises:
        GuardError: The update can't be done.
    """
    sides = Sides(project, template, asked, room)
    if sides.settled and not changes:
        return None
    questions = sides.new.settings[1]
    demand_known(changes, questions, sides.version)
    given = typed(changes, questions)
    if sides.settled and given.items() <= sides.now.answers.items():
        return None
    listed = keep.patterns(project.folder)
    base, new = sides.base, sides.render(given)
    demand_asked(given, new.answers)
    names = tuple(str(each.answers.get(packages.QUESTION)) for each in (base, new))
    before, after, ours = packages.follow(sides.stored(base), *names), sides.stored(new), sides.ours
    ours = packages.follow(ours, *names)
    formatting.adapt(before, after, ours, sides.scratch, room)
    moved = moves.listed(template.repository, (sides.now.version, sides.version), sides.commit, names)
    kept = keep.hold((before, after, ours), listed, sides.scratch, moved.places())
    moved = replace(moved, kept=kept.reasons.keys())
    owned = {path for path in before if base.owned(Path(path)) or new.owned(Path(path))}
    owned |= {path for path in after.keys() - before.keys() if new.owned(Path(path))}
    trees = (merging.tree_of(before, sides.scratch), merging.tree_of(after, sides.scratch))
    committed = project.committed(sides.head) if ours is sides.ours else merging.tree_of(ours, sides.scratch)
    merge = merging.merge(sides.scratch, (*trees, committed), owned, f"template-{sides.version}", moved)
    merge.ours = dict(sides.ours)
    merge.reasons |= kept.reasons
    merge.person |= kept.person
    merge.stages.pop(ANSWERS, None)
    merge.reasons.pop(ANSWERS, None)
    merge.person.discard(ANSWERS)
    merge.result[ANSWERS] = merge.theirs[ANSWERS]
    submodules.stay(merge)
    obstacles.keep(project.folder, merge)
    findings = checking.check(merge.ours, merge.result, merge.stages, sides.scratch) | sides.findings
    return Plan(
        project,
        replace(sides.now, answers=base.answers),
        sides.version,
        new.answers,
        given,
        merge,
        sides.head,
        sides.edited,
        {key: value for key, value in sides.former.items() if new.answers.get(key) == value},
        sides.warnings,
        kept,
        findings,
    )


def lock(plan: Plan, room: Path, *, dry: bool) -> None:
    """Brings lock files up to date where dependencies change; a dry run only says so."""
    merge = plan.merge
    for path in locking.stale(merge.ours, merge.result, merge.scratch):
        if plan.kept.keeps(path):
            plan.warnings.append(f"{path} stays as you have it, and dependencies change: bring it up to date yourself")
            continue
        if dry:
            plan.warnings.append(f"{path} will be locked again: dependencies change")
            continue
        entry, sentence = locking.lock(merge.result, path, merge.scratch, room)
        if entry is None:
            plan.findings[path] = sentence
        elif path not in merge.stages:
            merge.result[path] = merge.theirs[path] = entry
