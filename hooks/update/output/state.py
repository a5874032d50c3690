"""Says how far a project is from its template: version, releases behind, and which of the template's files differ."""

import re
from pathlib import Path
from typing import Any

import elsewhere
from inputs import keep, packages
from pathspec import GitIgnoreSpec
from project import Project
from record import ANSWERS
from repository import ask, tree
from sides import Sides
from source import versions
from source.rendering import Rendered
from source.template import Template

from output import fence

KEYS = ("identical", "edited", "missing", "parked", "retired")
GENERAL = re.compile(r"[^/{]*[*?\[][^/{]*")  # a pattern that fits names anywhere: caches, bytecode
STANDARD = {"copier.yaml", "copier.yml", "__pycache__", ".git", ".DS_Store", ".svn"}


def state(project: Project, template: Template, room: Path) -> dict[str, Any]:
    """Compares a project's files with a rendering of the version it has.

    Args:
        project: The project.
        template: Its template.
        room: Folder for the rendering.

    Returns:
        Version, newest release, releases behind, and paths by what they are: `edited` (as its owner wants it),
        `missing`, `identical`, `parked` (retired, and left alone by the template's `_exclude`), `retired` (an earlier
        release had it, this one has not, still here). Further what the project keeps, warnings, and what was
        changed in the template's own folder, `fence`.
    """
    sides = Sides(project, template, None, room)
    base = sides.base
    elsewhere.place(base.folder, project.folder)
    newer = versions.newer(template, sides.now.version)
    found: dict[str, list[str]] = {key: [] for key in KEYS}
    for file in sorted(path for path in base.folder.rglob("*") if path.is_file()):
        path = file.relative_to(base.folder).as_posix()
        if path != ANSWERS:
            found[_verdict(file, project.folder / path)].append(path)
    package = str(base.answers.get(packages.QUESTION))
    untouched = fence.compared(project.folder, package, sides.now.version, found)
    others = sorted(sides.ours.keys() - {path for paths in found.values() for path in paths} - {ANSWERS})
    others = [path for path in others if (project.folder / path).is_file()]
    found["parked"] = _parked(others, base, [str(line) for line in sides.old.settings[0].get("exclude", [])])
    earlier = _retired(sides, package)
    found["retired"] = [path for path in others if path in earlier and path not in found["parked"]]
    return {
        "project": str(project.folder),
        "template": sides.now.source,
        "version": sides.now.version,
        "newest": newer[-1] if newer else sides.now.version,
        "behind": len(newer),
        **found,
        "fence": untouched,
        "keep": keep.patterns(project.folder),
        "answers_edited": {key: {"from": old, "to": new} for key, (old, new) in sides.edited.items()},
        "warnings": [*sides.warnings, *sides.findings.values()],
    }


def _verdict(file: Path, here: Path) -> str:
    if not here.is_file():
        return "missing"
    same = here.read_bytes().replace(b"\r\n", b"\n") == file.read_bytes().replace(b"\r\n", b"\n")
    return "identical" if same else "edited"


def _parked(paths: list[str], base: Rendered, lines: list[str]) -> list[str]:
    """Returns the paths that the template's `_exclude` lists, as Copier reads it, but for caches and the like."""
    general = GitIgnoreSpec.from_lines(line for line in lines if line in STANDARD or GENERAL.fullmatch(line))
    return [path for path in paths if base.excluded(Path(path)) and not general.match_file(path)]


def _retired(sides: Sides, package: str) -> set[str]:
    """Returns the paths that the template had before the recorded version, without those of other expressions."""
    folder = str(sides.old.settings[0].get("subdirectory", ""))
    command = (
        "log",
        "--no-renames",
        "--diff-filter=D",
        "--name-only",
        "--format=",
        "-z",
        sides.old.commit,
        "--",
        folder,
    )
    gone = ask(*command, at=sides.template.repository).split("\0")
    here = tree(sides.old.commit, sides.template.repository)
    before, now = ({_rendered(path, folder, package) for path in paths} for paths in (gone, here))
    return before - now


def _rendered(path: str, folder: str, package: str) -> str:
    inner = re.sub(r"[{]%.*?%[}]", "", path.strip("\n").removeprefix(f"{folder}/")).removesuffix(".jinja")
    return re.sub(r"[{]{2} *package_name *[}]{2}", package, inner)


def as_text(found: dict[str, Any]) -> str:
    """Returns it as lines to read."""
    behind = (
        f"{found['behind']} release{'s' * (found['behind'] > 1)} behind {found['newest']}"
        if found["behind"]
        else "the newest"
    )
    counts = ", ".join(f"{len(found[key])} {key}" for key in KEYS)
    lines = [f"template {found['template']}, version {found['version']}, {behind}", f"files: {counts}"]
    lines += [fence.as_text(found["fence"])] if found["fence"] else []
    lines += [f"  warning   {text}" for text in found["warnings"]]
    lines += [f"  answer    {key} was edited: the next update carries it out" for key in found["answers_edited"]]
    return "\n".join(lines + [f"  {key:9} {path}" for key in KEYS[1:] for path in found[key]])
