"""Models and logs of former releases: after the update the champion is found, compared with, replaced and restored."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import copier
import pytest
from support.release_repository import repository
from support.rendered_project import Project
from support.template_origin import ENVIRONMENT, GUARD

pytestmark = pytest.mark.e2e


def champion(project: Project) -> dict[str, str]:
    """Returns the newest entry that made a champion."""
    entries: list[dict[str, str]] = [json.loads(line) for line in project.read("audit.jsonl").splitlines()]
    return [entry for entry in entries if entry["action"] in ("promote", "rollback")][-1]


def served(project: Project) -> tuple[str, str]:
    """Exports the champion; returns its version and hash."""
    project.make("export")
    bundle = json.loads(project.read("models/served/bundle.json"))
    return str(bundle["version"]), bundle["model_hash"]


def learned(project: Project, old: str, new: str) -> None:
    """Changes the model."""
    project.edit("params.yaml", f"hyperparameters: {old}", f"hyperparameters: {new}")


@pytest.mark.capability("update of a project")
def test_a_champion_of_a_release_stays_one(lifted: Project, tmp_path: Path) -> None:
    """Its entries say less, and its registrations and changes of data are entries of their own: up to 0.7.0."""
    origin = repository(tmp_path / "template")
    answers = {"maturity": "intermediate"}
    copier.run_copy(str(origin), tmp_path / "p", data=answers, defaults=True, quiet=True, vcs_ref="0.7.0")
    project = Project(tmp_path / "p", lifted.environment)
    project.edit("params.yaml", "repeats: 200", "repeats: 20")
    project.make("setup")
    project.commit("first")
    project.make("run")
    project.commit("first model")
    learned(project, "{}", "{learning_rate: 0.05}")
    project.make("run")
    project.commit("second model")
    log, second = project.read("audit.jsonl"), champion(project)
    assert '"action":"register"' in log.replace(" ", "")
    assert second["version"] == "2"

    command = ["uv", "run", "--quiet", "--script", str(GUARD), "update", "--template", str(origin)]
    done = subprocess.run(command, cwd=project.path, env=ENVIRONMENT, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout + done.stderr
    project.make("setup")
    project.commit("update")
    assert "promote: main" in project.read("params.yaml")
    assert f"audit.jsonl: {len(log.splitlines())} entries, the chain is intact" in project.make("audit").stdout
    assert served(project) == ("2", second["model_hash"])

    # Compared with, and replaced by a person alone.
    learned(project, "{learning_rate: 0.05}", "{learning_rate: 0.08}")
    assert "passed all gates, champion is version 2" in project.make("run").stdout
    gates = {gate["name"]: gate for gate in json.loads(project.read("reports/evaluation.json"))["gates"]}
    assert re.search("differs from champion 2's by", gates["champion"]["sentence"])
    assert project.read("audit.jsonl") == log
    project.make("promote", "WHY=learns faster")
    assert champion(project)["version"] == "3"
    assert served(project) == ("3", champion(project)["model_hash"])
    project.commit("third model")

    # Rolled back, also where the registry is lost.
    shutil.rmtree(project.path / "mlruns", ignore_errors=True)
    (project.path / "mlflow.db").unlink()
    project.make("rollback", "WHY=shops complain")
    assert served(project) == ("2", second["model_hash"])
    assert project.read("audit.jsonl").startswith(log)
    project.make("rollback", "WHY=still")
    assert champion(project)["version"] == "1"
