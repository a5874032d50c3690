"""The two ways of an update, as people call them: the guard of the new release, and Copier alone."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from release.rehearsal.repository import ENVIRONMENT
from release.rules.readable import GUARD
from release.template import Template

PATIENCE = 300  # seconds
DONE = {0, 3}  # updated; updated, and a person has to look
MARKER = re.compile(rb"(?m)^<{7} ")


@dataclass(frozen=True)
class Result:
    """What a tool did: why it failed, or which files have conflicts."""

    failure: str | None
    conflicts: frozenset[str]


Tool = Callable[[Template, Path], Result]


def guard(new: Template, project: Path) -> Result:
    """Updates with the guard of the new release, as `make update` does."""
    script = str(new.folder / GUARD)
    command = (os.environ.get("UV", "uv"), "run", "--quiet", "--script", script, "update", "--json")
    done = _run(command, project)
    if done.returncode not in DONE:
        return Result(_last_line(done), frozenset())
    verdicts = json.loads(done.stdout)["files"]
    return Result(None, frozenset(path for path, fact in verdicts.items() if fact["verdict"] == "conflict"))


def copier(_: Template, project: Path) -> Result:
    """Updates with Copier alone, as Renovate does."""
    done = _run((sys.executable, "-m", "copier", "update", "--defaults", "--skip-answered", "--quiet"), project)
    if done.returncode:
        return Result(_last_line(done), frozenset())
    files = (path for path in project.rglob("*") if path.is_file() and ".git" not in path.relative_to(project).parts)
    marked = (path for path in files if MARKER.search(path.read_bytes()))
    return Result(None, frozenset(path.relative_to(project).as_posix() for path in marked))


def _run(command: tuple[str, ...], project: Path) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603
            command, cwd=project, env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=PATIENCE
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", f"it did not end within {PATIENCE} s")


def _last_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    return lines[-1].strip() if lines else f"exit code {done.returncode}"
