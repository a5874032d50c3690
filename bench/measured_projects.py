"""Projects to measure, and how a command is measured: wall seconds, and peak memory as the kernel counts it."""

import os
import re
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import copier

TEMPLATE = Path(__file__).resolve().parents[1]
PACKAGE = "churn_model"


@dataclass(frozen=True)
class Cost:
    """What a command took: wall seconds, peak memory of its largest process in MB, seconds of a processor."""

    seconds: float
    megabytes: float
    processor: float


def environment() -> dict[str, str]:
    """Returns a user's environment: no foreign virtual environment, bytecode written."""
    hidden = ("VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE", "MAKEFLAGS", "MAKELEVEL", "UV_PROJECT_ENVIRONMENT")
    identity = {
        f"GIT_{role}_{what}": "bench@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    return {key: value for key, value in os.environ.items() if key not in hidden} | identity


def measure(folder: Path, *command: str) -> Cost:
    """Runs a command to its end; one that fails ends the measurement with what it printed."""
    with tempfile.TemporaryFile("w+") as output:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environment(), stdout=output, stderr=output)  # noqa: S603
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        if status:
            output.seek(0)
            raise SystemExit(f"{' '.join(command)} failed:\n{output.read()[-3000:]}")
    return Cost(seconds, usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime)


def render(folder: Path, rows: int = 10_000, **answers: str) -> Path:
    """Renders the default project, but for these answers, with so many rows in its sample."""
    copier.run_copy(str(TEMPLATE), folder, data=answers, defaults=True, quiet=True, vcs_ref="HEAD")
    params = folder / "params.yaml"
    params.write_text(re.sub(r"\brows: \d+", f"rows: {rows}", params.read_text(encoding="utf-8")), encoding="utf-8")
    return folder


def ready(folder: Path, rows: int = 10_000, **answers: str) -> Path:
    """Renders a project and sets it up; imports everything once, so that bytecode is there."""
    render(folder, rows, **answers)
    measure(folder, "make", "setup")
    measure(folder, "git", "add", "--all")
    measure(folder, "git", "commit", "--quiet", "--no-verify", "--message", "first")
    stages = ", ".join(("ingest", "validate", "split", "train", "evaluate", "register", "card", "experiment"))
    measure(folder, "uv", "run", "python", "-c", f"import skops.io, matplotlib.figure; from {PACKAGE} import {stages}")
    return folder
