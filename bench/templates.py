"""The template as the benches render it: a plain folder, a git repository with its releases, and with what answers."""

import sys
from pathlib import Path
from typing import Any

import copier

ROOT = Path(__file__).resolve().parents[1]
sys.path += [str(ROOT / "hooks"), str(ROOT / "tests")]
HEAD = "9.0.0"

from release import archive  # noqa: E402
from support import release_repository  # noqa: E402


def folder(at: Path) -> Path:
    """Copies the template of this working tree into a plain folder."""
    at.mkdir()
    return archive.unpacked(ROOT, at)


def repository(at: Path) -> Path:
    """Makes a git repository of all releases, and of this working tree as the last of them."""
    return release_repository.repository(at, head=HEAD)


def make(template: Path, project: Path, version: str | None = None, **answers: Any) -> dict[str, Any]:
    """Renders a project; returns the answers, the computed values among them."""
    done = copier.run_copy(str(template), project, data=answers, defaults=True, quiet=True, vcs_ref=version)
    return dict(done.answers.combined)


def commit(project: Path) -> None:
    """Commits a project as its first."""
    release_repository.git(project, "init", "--quiet", "--initial-branch", "main")
    release_repository.git(project, "add", "--all")
    release_repository.git(project, "commit", "--quiet", "--message", "first")


def files(project: Path) -> dict[str, bytes]:
    """The files of a project, without git's."""
    found = sorted(path for path in project.rglob("*") if path.is_file())
    named = ((path.relative_to(project).as_posix(), path) for path in found)
    return {name: path.read_bytes() for name, path in named if not name.startswith(".git/")}
