"""Finds projects made from templates, and runs the update guard in one of them."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

GUARD = Path(__file__).resolve().parents[2] / "template/tools/template/main.py"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "copier-mlops/templates"
ANSWERS = ".copier-answers.yml"
RESULTS = {0: "updated", 1: "failed", 2: "nothing to do", 3: "needs a person"}


def find(where: Path) -> list[Path]:
    """Returns the folders of projects: those below a folder, or those that a file lists; exits where there are none."""
    if where.is_file():
        lines = (line.strip() for line in where.read_text(encoding="utf-8").splitlines())
        found = [(where.parent / line).resolve() for line in lines if line and not line.startswith("#")]
        strange = [str(path) for path in found if not (path / ANSWERS).is_file()]
        if strange:
            sys.exit(f"refused: {where} lists what is no project of a template: {', '.join(strange)}")
    else:
        found = []
        for folder, names, files in os.walk(where.resolve()):
            if ANSWERS in files:
                found.append(Path(folder))
                names.clear()
            names[:] = [name for name in names if not name.startswith(".") and name != "node_modules"]
    if not found:
        sys.exit(f"refused: there is no project of a template below {where}: no folder has a {ANSWERS}")
    return sorted(set(found))


def git(*arguments: str) -> str:
    """Runs git; returns what it printed.

    Raises:
        OSError: It failed.
    """
    environment = os.environ | {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    command = ["git", "-c", "core.hooksPath=/dev/null", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)  # noqa: S603
    if done.returncode:
        raise OSError(f"git {arguments[0]} failed: {' '.join(done.stderr.split())}")
    return done.stdout


@dataclass
class Templates:
    """Local repositories of templates, each fetched once for all projects that need it.

    Attributes:
        only: The template of all projects, or None where each names its own.
    """

    only: str | None = None
    _ready: dict[str, Path] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, project: Path) -> Path:
        """Returns the repository of a project's template.

        Raises:
            OSError: It can't be read or fetched.
        """
        source = self.only or self._source(project)
        local = (project / Path(source).expanduser()).resolve()
        if local.is_dir():
            return local
        with self._lock:
            if source not in self._ready:
                self._ready[source] = self._fetched(source)
            return self._ready[source]

    @staticmethod
    def _source(project: Path) -> str:
        try:
            return str(yaml.safe_load((project / ANSWERS).read_text(encoding="utf-8"))["_src_path"])
        except (TypeError, KeyError, yaml.YAMLError, UnicodeDecodeError) as error:
            raise OSError(f"{project / ANSWERS} names no template ({error!r})") from error

    @staticmethod
    def _fetched(source: str) -> Path:
        url = source.removeprefix("git+")
        for short, full in {"gh:": "https://github.com/", "gl:": "https://gitlab.com/"}.items():
            url = f"{full}{url.removeprefix(short)}" if url.startswith(short) else url
        mirror = CACHE / hashlib.sha256(url.encode()).hexdigest()[:16]
        if mirror.exists():
            git("-C", str(mirror), "remote", "update", "--prune")
        else:
            mirror.parent.mkdir(parents=True, exist_ok=True)
            beside = mirror.with_suffix(f".{os.getpid()}")
            git("clone", "--quiet", "--mirror", "--", url, str(beside))
            beside.rename(mirror)
        return mirror


@dataclass(frozen=True)
class Task:
    """What to do in each project: the guard's verb and its options, and a branch to commit to."""

    verb: str
    to: str | None = None
    answers: dict[str, Any] = field(default_factory=dict)
    branch: str | None = None
    dry: bool = False

    def options(self) -> list[str]:
        """Returns the options as the guard takes them."""
        if self.verb == "status":
            return []
        found = ["--dry-run"] if self.dry else []
        found += ["--to", self.to] if self.to else []
        pairs = ((key, json.dumps(value)) for key, value in self.answers.items())
        return found + [word for key, value in pairs for word in ("--data", f"{key}={value}")]


def run(task: Task, project: Path, templates: Templates) -> dict[str, Any]:
    """Runs the guard in a project.

    Returns:
        What it said, with `project`, `exit`, `error`; for an update also `result` and `person`: files that need one.
    """
    row: dict[str, Any] = {"project": str(project), "exit": 1, "error": ""}
    try:
        where = ["--project", str(project), "--template", str(templates.of(project)), "--json"]
        command = ["uv", "run", "--quiet", "--script", str(GUARD), task.verb, *task.options(), *where]
        environment = {key: text for key, text in os.environ.items() if key != "VIRTUAL_ENV"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)  # noqa: S603
        if not done.stdout:
            return row | {"error": (done.stderr.strip().splitlines() or ["the guard said nothing"])[-1]}
        row |= json.loads(done.stdout) | {"project": str(project), "exit": done.returncode}
        if task.verb == "update":
            row["person"] = [path for path, fact in row["files"].items() if fact["person"]]
            row["result"] = RESULTS[done.returncode]
            if task.branch and done.returncode == 0 and not task.dry:
                git("-C", str(project), "switch", "--quiet", "--create", task.branch)
                message = f"Update the template to {row['to']}"
                git("-C", str(project), "commit", "--quiet", "--no-verify", "--message", message)
    except OSError as error:
        row |= {"exit": 1, "error": str(error)}
    return row
