"""Finds projects made from templates: below a folder, or as a list names them; also one below another."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

ANSWERS = ".copier-answers.yml"
# Installed or written by programs: large, and no project's home.
PASSED = {"node_modules", "venv", "env", "__pycache__", "site-packages", "mlruns", "mlartifacts"}


@dataclass(frozen=True)
class Project:
    """A project, at the top of a repository or in a folder of it.

    Attributes:
        folder: Where it is.
        name: The way to it from the folder that was named; what patterns of the policy are compared with.
        top: Where the checkout of its repository is; None outside of one.
    """

    folder: Path
    name: str
    top: Path | None

    @property
    def prefix(self) -> str:
        """The way from the top of the repository to the project: empty, or with a slash at its end."""
        inner = self.folder.relative_to(self.top).as_posix() if self.top else "."
        return "" if inner == "." else f"{inner}/"


def find(where: Path) -> list[Project]:
    """Returns the projects below a folder, or those that a file lists.

    A project that is checked out more than once, in worktrees of one repository, is returned once.

    Raises:
        SystemExit: There are none, or the list names what is no project.
    """
    home = where.resolve().parent if where.is_file() else where.resolve()
    folders = _listed(where) if where.is_file() else _below(home)
    if not folders:
        sys.exit(f"refused: there is no project of a template below {where}: no folder has a {ANSWERS}")
    kept: dict[tuple[Path, str], Project] = {}
    for folder in sorted(folders):
        project = Project(folder, _name(folder, home), _top(folder))
        kept.setdefault((_identity(project), project.prefix), project)
    return sorted(kept.values(), key=lambda project: project.folder)


def _listed(file: Path) -> set[Path]:
    try:
        lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
    except UnicodeDecodeError:
        sys.exit(f"refused: {file} is no list of folders: write a path a line")
    folders = [(file.parent / line).resolve() for line in lines if line and not line.startswith("#")]
    others = [str(path) for path in folders if not (path / ANSWERS).is_file()]
    if others:
        sys.exit(f"refused: {file} lists what is no project of a template: {', '.join(others)}")
    return set(folders)


def _below(home: Path) -> set[Path]:
    folders = set()
    for folder, names, files in os.walk(home):
        if ANSWERS in files:
            folders.add(Path(folder))
        names[:] = [name for name in names if not name.startswith(".") and name not in PASSED]
    return folders


def _name(folder: Path, home: Path) -> str:
    return folder.relative_to(home).as_posix() if folder.is_relative_to(home) else folder.as_posix()


def _top(folder: Path) -> Path | None:
    return next((place for place in (folder, *folder.parents) if (place / ".git").exists()), None)


def _identity(project: Project) -> Path:
    """Returns what worktrees of one repository have in common: its git directory."""
    if project.top is None:
        return project.folder
    place = project.top / ".git"
    if place.is_file():
        pointed = place.read_text(encoding="utf-8", errors="replace").removeprefix("gitdir:").strip()
        inner = (project.top / pointed).resolve()
        return inner.parents[1] if inner.parent.name == "worktrees" else inner
    return place.resolve()
