"""A project that monitors, with prediction logs of stable and of drifted traffic; and what its monitor says of them."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.rendered_project import Project
from support.session_cache import once

WRITER = Path(__file__).parent / "prediction_log_writer.py"
SEEDS = range(100, 110)
# Runs the command once an argument list, without starting Python anew: exit codes and sentences.
SEVERAL = """
import contextlib, io, json, sys
from importlib import import_module
monitor = import_module(sys.argv[1] + ".mlops.monitoring.__main__")
runner = import_module(sys.argv[1] + ".mlops.core.runner")
said = []
for arguments in json.loads(sys.argv[2]):
    sys.argv, error, code = ["monitor", *arguments], io.StringIO(), 0
    with contextlib.redirect_stderr(error):
        try:
            runner.run(monitor.main)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else error.write(end.code) and 1
    said.append([code, error.getvalue()])
sys.stderr.write(json.dumps(said) + "\\n")
"""


@dataclass(frozen=True)
class Said:
    """How the monitor ended, and its sentences."""

    code: int
    sentence: str


def write_logs(project: Project, *logs: dict[str, Any]) -> None:
    """Writes prediction logs into `logs/` and their labels into `labels/`, as `write_logs.py` says."""
    project.run("uv", "run", "python", str(WRITER), json.dumps(logs))


def monitor_several(project: Project, *arguments: list[str]) -> list[Said]:
    """Runs the monitor several times in one process."""
    done = project.run("uv", "run", "python", "-c", SEVERAL, project.package, json.dumps(arguments))
    return [Said(*row) for row in json.loads(done.stderr.splitlines()[-1])]


def monitor(project: Project, log: str, *arguments: str, check: bool = False, **environment: str) -> Said:
    """Runs the monitor as a user does, on a log that `write_logs` wrote."""
    done = project.stage("mlops.monitoring", "--predictions", f"logs/{log}", *arguments, check=check, **environment)
    return Said(done.returncode, done.stdout + done.stderr)


def report(project: Project) -> dict[str, Any]:
    """Returns what the monitor wrote for machines."""
    found: dict[str, Any] = json.loads(project.read("reports/monitoring/report.json"))
    return found


@pytest.fixture(scope="session")
def observed(lifted: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the intermediate project, with logs. Read it, never change it: see `watched`."""

    def observe() -> Path:
        project = Project(tmp_path_factory.mktemp("logged") / "p", lifted.environment)
        shutil.copytree(lifted.path, project.path, symlinks=True)
        drifts = ({"name": drift, "drift": drift} for drift in ("covariate", "concept", "quality"))
        write_logs(project, *({"name": f"stable-{seed}", "seed": seed} for seed in SEEDS), *drifts)
        return project.path

    return Project(once(tmp_path_factory, "observed", observe), lifted.environment)


@pytest.fixture
def watched(observed: Project, tmp_path: Path) -> Project:
    """A copy of it, to be changed at will."""
    shutil.copytree(observed.path, tmp_path / "p", symlinks=True)
    return Project(tmp_path / "p", observed.environment)
