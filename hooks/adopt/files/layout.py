"""Which files are the repository's and which the template's, in few patterns: a whole folder where it can be."""

import glob
from collections.abc import Iterable

from adopt.draft import Draft

PYTHON = (".py", ".pyi", ".ipynb")
# Folders in which another option of the template adds files: never taken as a whole.
SHARED = ("dags", "deploy", "docs", "feature_repo", "src", "tests", "tools")


def legacy(draft: Draft) -> list[str]:
    """Returns the Python files from before, as patterns."""
    before = {path for path in draft.repository.entries if path.endswith(PYTHON)}
    return collapse(before, {*draft.files, *draft.elsewhere.values()}, SHARED)


def added(draft: Draft) -> list[str]:
    """Returns the Python files that the template brings, as patterns."""
    new = {path for path in draft.files if path.endswith(PYTHON)} - draft.repository.entries.keys()
    return collapse(new, draft.repository.entries, ())


def collapse(paths: Iterable[str], others: Iterable[str], shared: tuple[str, ...]) -> list[str]:
    """Returns paths, or instead of them the highest folders with a slash that hold none of the others.

    Args:
        paths: What to name.
        others: What no pattern may match.
        shared: Folders that are never named as a whole; a package in src/ is.
    """
    taken = {other[: at + 1] for other in others for at, letter in enumerate(other) if letter == "/"}
    taken |= {f"{name}/" for name in shared}
    found = set()
    for path in paths:
        folders = [path[: at + 1] for at, letter in enumerate(path) if letter == "/"]
        free = [folder for folder in folders if folder not in taken and not _inside(folder, shared)]
        found.add(free[0] if free else path)
    return sorted(found)


def _inside(folder: str, shared: tuple[str, ...]) -> bool:
    """Says whether a folder is in a shared one; of src/ only what is deeper than a package counts as such."""
    top = folder.split("/")[0]
    return top in shared and top != "src"


def pattern(path: str) -> str:
    """Returns a path as a pattern of ruff: nothing in it is a wildcard."""
    return glob.escape(path)
