"""How tests render projects and run them: `render()` in-process, `Project` for the commands a user types."""

import os
import re
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import copier
import pytest
import yaml
from release.template import Rendering
from support.last_sentence import last_sentence

ROOT = Path(__file__).parents[2]
QUESTIONS = yaml.safe_load((ROOT / "copier.yml").read_text(encoding="utf-8"))
ASKED = {name for name, spec in QUESTIONS.items() if not name.startswith("_") and spec.get("when") is not False}
ANSWERS = ".copier-answers.yml"
PATIENCE = 900  # seconds; the longest command takes a tenth of it on a quiet machine
STAGES = ("ingest", "validate", "split", "train", "evaluate", "register", "card")


def sentences(question: str) -> list[re.Pattern[str]]:
    """Returns the sentences with which a question's validator refuses; the expressions in them stand for any text."""
    said = (text.strip() for text in re.split(r"{%.*?%}", QUESTIONS[question].get("validator", "")))
    texts = (".+".join(map(re.escape, re.split(r"{{.*?}}", text))) for text in said if text)
    return [re.compile(rf"Validation error for question '{question}': {text}", re.S) for text in texts]


def render(destination: Path, **answers: Any) -> Path:
    """Renders the template as it is in this working tree, with the defaults and the given answers.

    Raises:
        KeyError: An answer is to no question; Copier itself would ignore it.
    """
    unknown = set(answers) - ASKED
    if unknown:
        raise KeyError(f"no such question: {sorted(unknown)}")
    copier.run_copy(str(ROOT), destination, data=answers, defaults=True, unsafe=False, quiet=True, vcs_ref="HEAD")
    return destination


def write(rendering: Rendering, destination: Path) -> Path:
    """Writes what is rendered in memory, as Copier writes it: for tests that only read the files."""
    for name, source in rendering.sources.items():
        path = destination / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(rendering.text(name), encoding="utf-8", newline="")
        path.chmod(source.stat().st_mode)
    return destination


@dataclass(frozen=True)
class Project:
    """A rendered project, driven by commands as a user types them."""

    path: Path
    environment: dict[str, str]

    def run(self, *command: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs a command in the project; what hangs or fails says so in one line, then shows what it printed."""
        __tracebackhide__ = True
        with subprocess.Popen(  # noqa: S603
            command,
            cwd=self.path,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as running:
            try:
                out, error = running.communicate(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                os.killpg(running.pid, signal.SIGKILL)
                out, error = running.communicate()
                pytest.fail(self._failure(command, f"hung for {PATIENCE} s", out, error))
        if check and running.returncode:
            pytest.fail(self._failure(command, f"exited with {running.returncode}", out, error))
        return subprocess.CompletedProcess(command, running.returncode, out, error)

    def _failure(self, command: Sequence[str], ending: str, out: str, error: str) -> str:
        maturity = re.search(r"^maturity: (\w+)$", self.read(ANSWERS), re.M) if (self.path / ANSWERS).exists() else None
        where = f"the {maturity[1]} project {self.path}" if maturity else str(self.path)
        first = f"{' '.join(command)} in {where} {ending}: {last_sentence(out, error)}"
        return f"{first}\n{out[-4000:]}\n{error[-4000:]}"

    def make(self, *verbs: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs `make` with the given verbs."""
        __tracebackhide__ = True
        return self.run("make", *verbs, check=check, **environment)

    def stage(
        self, name: str, *arguments: str, check: bool = True, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Runs one module of the package, as `dvc.yaml` does: `stages.train`."""
        __tracebackhide__ = True
        return self.run("uv", "run", "python", "-m", f"{self.package}.{name}", *arguments, check=check, **environment)

    @property
    def virtual_environment(self) -> Path:
        """The folder of its virtual environment."""
        return Path(self.environment["UV_PROJECT_ENVIRONMENT"])

    @property
    def package(self) -> str:
        """The name of the project's package."""
        return next(path.parent.name for path in self.path.glob("src/*/schema.py"))

    def read(self, name: str) -> str:
        """Returns a text file of the project."""
        return (self.path / name).read_text(encoding="utf-8")

    def entries(self, **environment: str) -> int:
        """Returns how many entries the audit log has, which must be intact and what the registry remembers."""
        modules = (
            f"from {self.package}.mlops.governance import audit_log; from {self.package}.mlops.tracking import audited"
        )
        script = f"{modules}; print(audit_log.verify(audited.anchor()))"
        return int(self.run("uv", "run", "python", "-c", script, **environment).stdout.splitlines()[-1])

    def edit(self, name: str, old: str, new: str) -> None:
        """Replaces a text in a file of the project; the text must be there."""
        text = self.read(name)
        assert old in text, f"{name} has no {old!r}"
        (self.path / name).write_text(text.replace(old, new), encoding="utf-8")

    def commit(self, message: str = "work") -> None:
        """Commits everything in the project."""
        __tracebackhide__ = True
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "--no-verify", "--message", message)


def environment(worker: Path, maturity: str) -> dict[str, str]:
    """Returns what a user's shell would have, one virtual environment for all projects of a worker and a preset."""
    foreign = (
        "CHAMPION_REV",
        "GITHUB_",
        "MLFLOW_",
        "MYPY_",
        "PYTHONDONTWRITEBYTECODE",
        "VIRTUAL_ENV",
        "UV_PROJECT_ENVIRONMENT",
    )
    kept = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
    identity = {f"GIT_{role}_{what}": text for role in ("AUTHOR", "COMMITTER") for what, text in GIT_IDENTITY.items()}
    # Types of the packages are looked at once, not once a project: it takes half a minute.
    own = {"UV_PROJECT_ENVIRONMENT": f"{worker}/venv-{maturity}", "MYPY_CACHE_DIR": f"{worker}/mypy"}
    own["OMP_NUM_THREADS"] = "1"  # the other worker has the other core: threads would wait for each other at full load
    own["WARM_PYTHON"] = f"{worker}/warm-{maturity}"
    return kept | identity | own


GIT_IDENTITY = {"NAME": "Ada", "EMAIL": "ada@example.com"}
