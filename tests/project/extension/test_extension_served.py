"""The extension kit on the largest project: all edits of `docs/extend.md`, served, and updated."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from copier import run_copy
from support.bytecode import Bytecode
from support.extension_page import follow, of_the_project, sections
from support.next_release import comment, updated
from support.rendered_project import ROOT, Project, environment
from support.services.http_client import keys, running
from support.services.pipeline_answers import pipeline_answers

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("image"), pytest.mark.capability("edits of docs/extend.md")]
OWN_FILES = ("features.py", "metrics.py", "gates.py")


@pytest.fixture(scope="module")
def extended(
    served: Project,
    bytecode: Bytecode,
    warm: Callable[[Project], None],
    worker: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Project:
    """An advanced project with all edits, trained and exported. Read it, never change it."""
    path = tmp_path_factory.mktemp("extended") / "p"
    shutil.copytree(served.path, path, symlinks=True)
    own = {
        "UV_PROJECT_ENVIRONMENT": f"{worker}/venv-extended-advanced",
        "WARM_PYTHON": f"{worker}/warm-extended-advanced",
    }
    project = Project(path, environment(worker, "advanced") | own)
    answers = {"maturity": "advanced"}
    run_copy(str(ROOT), path, data=answers, defaults=True, overwrite=True, quiet=True, vcs_ref="HEAD")
    project.run("uv", "sync", "--quiet")
    bytecode.lend(project.virtual_environment)
    warm(project)
    project.commit("advanced")
    follow(project, *(title for title in sections(project) if title != "Add an estimator"))
    project.edit("params.yaml", "promote: main", "promote: always")
    project.make("run")
    project.commit("edits")
    project.make("export")
    return project


@pytest.mark.variant  # the gates and lines of a starter: `test_extension.py`
def test_tests_and_checks_pass(extended: Project) -> None:
    gates = json.loads(extended.read("reports/evaluation.json"))["gates"]
    assert {"calibration", "champion"} <= {gate["name"] for gate in gates if gate["passed"] and gate["measured"]}
    extended.make("check")
    chosen = of_the_project(extended)
    assert "passed" in extended.run("uv", "run", "pytest", "--quiet", "-m", "not slow", *chosen).stdout


def test_the_service_answers_as_the_pipeline_does(extended: Project, tmp_path: Path) -> None:
    rows, expected = pipeline_answers(extended)
    with running(extended, tmp_path, keys(extended)) as service:
        status, _, answer = service.ask("/predict", rows)
        assert service.ask("/model", key="admin")[2]["path"] == "pipeline"
    assert status == 200, answer
    assert [each["probability"] for each in answer["predictions"]] == pytest.approx(expected, abs=1e-9)


def test_an_update_keeps_the_edits(extended: Project, tmp_path: Path) -> None:
    shutil.copytree(extended.path, tmp_path / "p", symlinks=True)
    project = Project(tmp_path / "p", extended.environment)
    verdicts = updated(project, tmp_path / "template")
    names = [*(f"src/{project.package}/{name}" for name in OWN_FILES), "params.yaml", "dvc.yaml", "pyproject.toml"]
    assert {name: verdicts[name] for name in names} == dict.fromkeys(names, "merged")
    assert all(project.read(name).startswith(comment(name)) for name in names)
    assert f"src/{project.package}/stages/plans.py" not in verdicts
