"""Says whether the part of a project that belongs to the template is as its version of the template rendered it."""

from pathlib import Path
from typing import Any

from repository import ask

FENCE = "mlops"  # the template's folder in the package: equal bytes in every project of a release and option set
SHOWN = 3


def compared(project: Path, package: str, version: str, found: dict[str, list[str]]) -> dict[str, Any] | None:
    """Returns the folder, the version, and the files in it that were changed, deleted or added here.

    Args:
        project: The project's folder.
        package: The name of its package.
        version: The version that it was rendered from.
        found: Paths of that version's files, by `identical`, `edited`, `missing`.

    Returns:
        None where that version has no such folder.
    """
    folder = f"src/{package}/{FENCE}/"
    inside = {path: state for state, paths in found.items() for path in paths if path.startswith(folder)}
    if not inside:
        return None
    listed = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", folder)
    here = {path for path in ask(*listed, at=project).split("\0") if path and (project / path).is_file()}
    changed = sorted({path for path in inside if inside[path] != "identical"} | (here - inside.keys()))
    return {"folder": folder, "version": version, "changed": changed}


def as_text(fence: dict[str, Any]) -> str:
    """Returns it as a line to read."""
    changed = fence["changed"]
    if not changed:
        return f"{FENCE}/: untouched, equals {fence['version']}"
    more = f" and {len(changed) - SHOWN} more" if len(changed) > SHOWN else ""
    return f"{FENCE}/: changed, differs from {fence['version']} in {', '.join(changed[:SHOWN])}{more}"
