"""Rehearses an update of an edited project: nothing a team wrote may be lost, and what conflicts is counted."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from packaging.version import Version

from release import move_list
from release.finding import Finding
from release.move_list import Moves
from release.rehearsal import edits, repository, tools
from release.rehearsal.tools import Result
from release.rendering import Rendering
from release.rules.moving import lists
from release.rules.paths import GUARD, LIST
from release.step import Step
from release.version import parsed

SOME = 12  # files that stay where they are, edited besides all that move or retire
COMMANDS = {"guard": "make update", "copier": "copier update"}
DELETED = "docs/runbook.md"  # by the team


def rehearse(step: Step, tag: str | None, room: Path) -> tuple[list[Finding], list[str]]:
    """Updates an edited project of the last release with the guard and with Copier alone.

    Args:
        step: Both releases.
        tag: The version that is about to be released.
        room: An empty folder.

    Returns:
        What a team would lose, and lines that say how many files conflict.
    """
    before, moved = step.last.template.usual, lists.moved(step.last, step.new)
    versions = _versions(step, tag)
    source = repository.releases(step, room / "template", versions)
    project = repository.project(before, room / "guard", source, versions[0])
    reformatted, marked = _work(project, step, before)
    shutil.copytree(project, room / "copier")
    results = {tool.__name__: tool(step.new, room / tool.__name__) for tool in (tools.guard, tools.copier)}
    findings = [
        *(finding for tool, command in COMMANDS.items() for finding in _failed(command, results[tool])),
        *_stranded(room, results, step, moved, marked),
    ]
    return findings, _churn(step, results, before, moved, reformatted)


def _versions(step: Step, tag: str | None) -> tuple[str, str]:
    """Returns the versions of both releases: the guard takes no pre-release, and reads the lists up to its target."""
    last, target = step.last.version or Version("0.0.1"), parsed(tag or "")
    if target is not None and not target.is_prerelease:
        return str(last), str(target)
    named = [parsed(Path(name).stem) for name in move_list.files(step.new.folder)]
    newest = max([Version(f"{last.major}.{last.minor + 1}.0"), *(version for version in named if version)])
    return str(last), str(newest)


def _work(project: Path, step: Step, before: Rendering) -> tuple[int, list[str]]:
    reformatted = edits.reformat(project)
    edits.rewrite(project)
    (project / DELETED).unlink(missing_ok=True)
    lost = [path for path in before.sources if before.general(path) in step.lost and not path.startswith(GUARD)]
    owned = [path for path in before.sources if before.written_once(path)]
    changed = {*step.changed, *edits.REWRITTEN, DELETED}
    others = [path for path in sorted(before.sources) if path.endswith(".py") and not path.startswith(GUARD)]
    others = [path for path in others if before.general(path) not in changed]
    marked = edits.mark(project, dict.fromkeys([*lost, *owned, *others[:: max(1, len(others) // SOME)]]))
    repository.commit(project, "the team's work")
    return reformatted, marked


def _failed(command: str, result: Result) -> Iterator[Finding]:
    if result.failure is not None:
        yield Finding(f"`{command}`", f"fails in an edited project ({result.failure})", "correct what it names")


def _stranded(room: Path, results: dict[str, Result], step: Step, moved: Moves, marked: list[str]) -> Iterator[Finding]:
    """Refuses a release after which an edit is nowhere, or where the new release has no file."""
    before = step.last.template.usual
    living = step.new.rendering(before.answers).sources.keys()
    for path in marked:
        name = before.general(path)
        row = {before.own(new) for new in moved.places(name)}
        row = row & living or ({path} if row else set())  # the project's own where other answers have the new paths
        for tool, command in COMMANDS.items():
            if results[tool].failure is not None or (tool == "copier" and (row or name in step.elsewhere)):
                continue
            there = set(edits.marks(room / tool, path))
            if not there & ((row or {*living, path}) | ({path} if name in moved.splits else set())):
                place = f"in {', '.join(sorted(there))}" if there else "nowhere"
                what = f"has an edit that is {place} after `{command}`"
                yield Finding(name, what, f"keep the path, list its move in {LIST}, or list it in `_exclude`")


def _churn(step: Step, results: dict[str, Result], before: Rendering, moved: Moves, reformatted: int) -> list[str]:
    lines = [f"churn: {len(step.changed)} files change, {len(step.gained)} come, {len(moved.rows)} move"]
    for tool, command in COMMANDS.items():
        conflicts = results[tool].conflicts
        python = sum(path.endswith(".py") for path in conflicts)
        own = sorted(set(edits.REWRITTEN) & conflicts)
        lines.append(
            f"churn of {command}: {python} of {reformatted} files conflict that a team formatted its way; "
            f"of the files that a team wrote itself: {', '.join(own) or 'none'}"
        )
    if moved.rows:
        gone = sum(before.own(old) in before.sources for old in moved.rows)
        lines.append(f"copier update deletes the edits in {gone} files that move: only the guard carries them along")
    return lines
