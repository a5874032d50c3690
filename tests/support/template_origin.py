"""A template with releases, projects made from it, and the guard as its users call it."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import copier
import pytest

ROOT = Path(__file__).parents[2]
GUARD = ROOT / "hooks/update/main.py"
FIRST, SECOND = "1.0.0", "2.0.0"
# Of the machine nothing is heard: no settings, no hooks of git, no make that runs the tests.
FOREIGN = ("GIT_", "UV_PROJECT", "VIRTUAL_ENV", "MAKE", "MFLAGS")
ENVIRONMENT = {
    **{key: text for key, text in os.environ.items() if not key.startswith(FOREIGN)},
    **{f"GIT_{role}_{what}": "a@b.c" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "PYTHONPYCACHEPREFIX": f"{gettempdir()}/copier-mlops-bytecode",  # the template's own folder stays clean
}


def git(folder: Path, *arguments: str) -> str:
    """Runs git in a folder, and returns what it printed."""
    done = subprocess.run(  # noqa: S603
        ["git", *arguments],  # noqa: S607
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def commit(folder: Path, message: str = "work") -> None:
    """Commits everything in a folder."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)


def put(folder: Path, files: dict[str, str | bytes | None]) -> None:
    """Writes files into a folder; None removes one."""
    for name, content in files.items():
        path = folder / name
        if content is None:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


@dataclass(frozen=True)
class Origin:
    """The git repository of a template."""

    path: Path

    def release(self, version: str, files: dict[str, str | bytes | None]) -> None:
        """Changes files of the template and tags the result."""
        put(self.path, files)
        commit(self.path, version)
        git(self.path, "tag", version)

    def read(self, name: str) -> str:
        """Returns a file of the template."""
        return (self.path / name).read_text(encoding="utf-8")


@dataclass(frozen=True)
class Made:
    """A project made from the template."""

    path: Path
    origin: Origin

    def guard(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs the guard as the Makefile does."""
        return subprocess.run(  # noqa: S603
            ["uv", "run", "--quiet", "--script", str(GUARD), *arguments],  # noqa: S607
            cwd=self.path,
            env=ENVIRONMENT | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def update(self, *arguments: str, code: int = 0, **environment: str) -> dict[str, str]:
        """Updates, demands the exit code, and returns what happened to each file."""
        done = self.guard("update", "--json", *arguments, **environment)
        assert done.returncode == code, done.stdout + done.stderr
        return {path: fact["verdict"] for path, fact in json.loads(done.stdout)["files"].items()}

    def refused(self, *arguments: str, **environment: str) -> str:
        """Demands that the guard refuses and leaves all as it is; returns its sentence."""
        before = self.state()
        done = self.guard(*(arguments or ("update",)), **environment)
        assert done.returncode == 1, done.stdout + done.stderr
        assert self.state() == before
        return done.stderr

    def state(self) -> tuple[str, str, dict[str, bytes]]:
        """Commit, index and files."""
        return git(self.path, "rev-parse", "HEAD"), git(self.path, "ls-files", "--stage"), files(self.path)

    def work(self, changes: dict[str, str | bytes | None]) -> None:
        """Changes files and commits."""
        put(self.path, changes)
        commit(self.path)

    def read(self, name: str) -> str:
        """Returns a file of the project."""
        return (self.path / name).read_text(encoding="utf-8")


def files(folder: Path) -> dict[str, bytes]:
    """The files below a folder, without git's."""
    found = sorted(path for path in folder.rglob("*") if path.is_file() or path.is_symlink())
    inner = ((path.relative_to(folder).as_posix(), path) for path in found)
    return {name: path.read_bytes() for name, path in inner if not name.startswith(".git/")}


def make(origin: Origin, folder: Path, version: str = FIRST, **answers: Any) -> Made:
    """Renders a version of the template, and commits it."""
    copier.run_copy(str(origin.path), folder, data=answers, defaults=True, quiet=True, vcs_ref=version)
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder, "first")
    return Made(folder, origin)


def first_release(folder: Path) -> Path:
    """Releases the template in `folder/template` once, makes the project `folder/p` from it, and returns the folder."""
    origin = Origin(folder / "template")
    git(origin.path, "init", "--quiet", "--initial-branch=main")
    origin.release(FIRST, {})
    make(origin, folder / "p")
    return folder


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the template as it is in this working tree, released once, and a project made from it."""
    folder = tmp_path_factory.mktemp("pristine")
    for part in ("template", "hooks/update", "hooks/questions"):
        shutil.copytree(ROOT / part, folder / "template" / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "copier.yml", folder / "template")
    return first_release(folder)


@pytest.fixture
def made(pristine: Path, tmp_path: Path) -> Made:
    """A project at the first release, with a template of its own that may be released again."""
    shutil.copytree(pristine, tmp_path / "x")
    project = Made(tmp_path / "x/p", Origin(tmp_path / "x/template"))
    answers = project.read(".copier-answers.yml").replace(str(pristine / "template"), str(project.origin.path))
    put(project.path, {".copier-answers.yml": answers})
    git(project.path, "commit", "--quiet", "--all", "--amend", "--message", "first")
    return project
