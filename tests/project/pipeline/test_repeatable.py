"""The same answers and data give the same bytes: in another folder, on another Python, after a kill."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from support.process_kill import kill_when
from support.rendered_project import STAGES, Project

pytestmark = pytest.mark.e2e
# What the stage `register` leaves.
OF_REGISTER = ("audit.jsonl", "dvc.lock")
NEWEST = "3.13"
# Far enough into a stage that it is at work, not still importing.
SECONDS_INTO = {"ingest": 0.5, "validate": 3, "split": 0.5, "train": 3, "evaluate": 4, "register": 2, "card": 0.3}


def identity(project: Project) -> tuple[str, str, str]:
    """What must be equal: the metrics to the byte, the model's content, the data."""
    record = json.loads(project.read("models/model.json"))
    return project.read("metrics.json"), record["sha256"], record["data_hash"]


def without_registration(lock: str) -> str:
    """Returns `dvc.lock` without the hash of what the stage `register` writes."""
    return re.sub(r"(?m)^    - path: models/registration\.json\n(      .*\n)*", "", lock)


def md5_in_lock(project: Project, path: str) -> str:
    """The hash under which DVC keeps an output."""
    lines = project.read("dvc.lock").splitlines()
    at = next(number for number, line in enumerate(lines) if line.strip() == f"- path: {path}")
    return next(line.split()[1] for line in lines[at:] if line.strip().startswith("md5:"))


@pytest.mark.capability("equal inputs give equal bytes")
def test_two_fresh_projects_are_byte_identical(finished: Project, new_project: Callable[..., Project]) -> None:
    other = new_project()
    other.make("run")
    assert identity(other) == identity(finished)
    for path in ("data/dataset.parquet", "data/train.parquet", "models/model.skops"):
        assert md5_in_lock(other, path) == md5_in_lock(finished, path), path
    assert md5_in_lock(finished, "data/dataset.parquet") == identity(finished)[2]


@pytest.mark.capability("equal inputs give equal bytes")
def test_a_colleagues_run_on_equal_inputs_changes_no_shared_file(lifted: Project, tmp_path: Path) -> None:
    colleague = {"GIT_AUTHOR_NAME": "Bob", "GIT_AUTHOR_EMAIL": "bob@example.com", "USER": "bob", "TZ": "Asia/Tokyo"}
    clone = Project(tmp_path / "elsewhere", lifted.environment | colleague)
    lifted.run("git", "clone", "--quiet", str(lifted.path), str(clone.path))
    clone.make("run")
    assert sorted(path.name for path in clone.path.glob("reports/cost/*.json")) != [], "nothing ran"
    assert clone.run("git", "status", "--porcelain", "--", ".", *(f":!{name}" for name in OF_REGISTER)).stdout == ""
    assert without_registration(clone.read("dvc.lock")) == without_registration(lifted.read("dvc.lock"))


@pytest.mark.capability("killed and run again")
def test_killed_in_each_stage_and_started_again(project: Project, finished: Project) -> None:
    shutil.rmtree(project.path / ".dvc/cache")
    for name in ("data", "models", "reports", ".dvc/tmp", "mlruns"):
        shutil.rmtree(project.path / name)
    for name in ("dvc.lock", "metrics.json", "MODEL_CARD.md", "audit.jsonl", "mlflow.db"):
        (project.path / name).unlink()
    project.commit("nothing was run yet")  # else the log lacks what the last commit has of it
    for stage in STAGES:
        kill_when(project, f"Running stage '{stage}'", SECONDS_INTO[stage])
    project.make("run")
    assert identity(project) == identity(finished)
    assert project.entries() == 1
    assert not list(project.path.glob("**/.*.part"))
    project.commit()
    assert "Running stage" not in project.make("run").stdout


def interpreter(version: str) -> Path | None:
    """Returns a Python of that version: pyenv's, one on PATH that is no shim, for shims may hang, or uv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for candidate in sorted(pyenv.glob(f"versions/{version}.*/bin/python{version}")):
        return candidate
    places = [place for place in os.environ["PATH"].split(os.pathsep) if "shims" not in place]
    found = shutil.which(f"python{version}", path=os.pathsep.join(places))
    if found is None:
        command = ["uv", "python", "find", "--managed-python", "--no-python-downloads", version]
        found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603
    return Path(found) if found else None


@pytest.mark.capability("Python 3.11 to 3.13")
@pytest.mark.parametrize("version", [pytest.param("3.12", marks=pytest.mark.variant), NEWEST])
def test_other_pythons(version: str, finished: Project, new_project: Callable[..., Project], worker: Path) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"Python {version} is not on this machine")
    environment = {"UV_PYTHON": str(python), "UV_PROJECT_ENVIRONMENT": str(worker / f"venv-{version}")}
    environment["WARM_PYTHON"] = str(worker / f"warm-{version}")
    fresh = new_project(environment, python_version=version)
    fresh.make("run")
    assert f"Python {version}" in fresh.read("MODEL_CARD.md")
    assert fresh.read("metrics.json") == finished.read("metrics.json")
    if version == NEWEST:  # between the oldest, of all other tests, and this one nothing else is to be found
        assert "passed" in fresh.make("quick").stdout
