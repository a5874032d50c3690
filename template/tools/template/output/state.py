"""Says how far a project is from its template: version, releases behind, and which of the template's files differ."""

from pathlib import Path
from typing import Any

from project import Project
from record import ANSWERS, recorded
from rendering import Template

STANDARD = {"copier.yaml", "copier.yml", "~*", "*.py[co]", "__pycache__", ".git", ".DS_Store", ".svn"}


def state(project: Project, template: Template, room: Path) -> dict[str, Any]:
    """Compares a project's files with a rendering of the version it has.

    Args:
        project: The project.
        template: Its template.
        room: Folder for the rendering.

    Returns:
        Version, newest release, releases behind, and paths by what they are: `edited` (as its owner wants it),
        `missing`, `identical`, `parked` (no longer in the template, kept in the project).
    """
    old = recorded(project.folder)
    newer = template.newer(old.version)
    template.render(old.version, project.folder, {}, room / "base")
    found: dict[str, list[str]] = {"edited": [], "missing": [], "identical": []}
    for file in sorted(path for path in (room / "base").rglob("*") if path.is_file()):
        path = file.relative_to(room / "base").as_posix()
        if path != ANSWERS:
            found[_verdict(file, project.folder / path)].append(path)
    retired = [
        str(line) for line in template.settings(old.version).get("_exclude", []) if not set(str(line)) & set("*?[{!")
    ]
    parked = [path for path in retired if path not in STANDARD and (project.folder / path).is_file()]
    return {
        "project": str(project.folder),
        "template": old.source,
        "version": old.version,
        "newest": newer[-1] if newer else old.version,
        "behind": len(newer),
        **found,
        "parked": sorted(parked),
    }


def _verdict(file: Path, here: Path) -> str:
    if not here.is_file():
        return "missing"
    same = here.read_bytes().replace(b"\r\n", b"\n") == file.read_bytes().replace(b"\r\n", b"\n")
    return "identical" if same else "edited"


def as_text(found: dict[str, Any]) -> str:
    """Returns it as lines to read."""
    behind = (
        f"{found['behind']} release{'s' * (found['behind'] > 1)} behind {found['newest']}"
        if found["behind"]
        else "the newest"
    )
    counts = ", ".join(f"{len(found[key])} {key}" for key in ("identical", "edited", "missing", "parked"))
    lines = [f"template {found['template']}, version {found['version']}, {behind}", f"files: {counts}"]
    return "\n".join(lines + [f"  {key:9} {path}" for key in ("edited", "missing", "parked") for path in found[key]])
