"""Lint and types of what every pair of options renders; workflows, manifests and Terraform are the same for all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from release.template import Rendering, Template
from support.answer_parsers import options
from support.rendered_project import Project

pytestmark = pytest.mark.e2e
RUFF = Path(sys.executable).with_name("ruff")


@pytest.fixture(scope="module")
def rendered(in_memory: Template, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Projects in which every two answers to questions with choices meet, one of each set of files."""
    found: dict[frozenset[str], Rendering] = {}
    for option in options(in_memory):
        rendering = in_memory.rendering(option)
        found.setdefault(frozenset(rendering.sources), rendering)
    return [written(rendering, tmp_path_factory.mktemp("pair")) for rendering in found.values()]


def written(rendering: Rendering, folder: Path) -> Path:
    """Writes what is linted."""
    for name in rendering.sources:
        if name.endswith((".py", "pyproject.toml", "py.typed")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(rendering.text(name), encoding="utf-8")
    return folder


def said(folder: Path, *command: str | Path, **environment: str) -> str:
    """Runs a linter in a folder; returns what it printed if it found something."""
    done = subprocess.run(  # noqa: S603
        command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.capability("linted options", kind="static")
def test_ruff_finds_nothing(rendered: list[Path]) -> None:
    assert len(rendered) > 5
    for folder in rendered:
        assert said(folder, RUFF, "check", "--no-cache", ".") == ""
        assert said(folder, RUFF, "format", "--no-cache", "--check", ".") == ""


@pytest.mark.capability("linted options", kind="static")
def test_mypy_finds_nothing(rendered: list[Path], lifted: Project) -> None:
    """With the packages of the intermediate project: a part that is missing must not leave an import behind."""
    lifted.run("uv", "sync", "--quiet")
    mypy = f"{lifted.environment['UV_PROJECT_ENVIRONMENT']}/bin/mypy"
    cache = lifted.environment["MYPY_CACHE_DIR"]
    for folder in rendered:
        assert said(folder, mypy, MYPYPATH=f"{folder}/src", MYPY_CACHE_DIR=cache) == "", folder
    module = next((rendered[0] / "src").glob("*/mlops/core/runner.py"))
    module.write_text(module.read_text(encoding="utf-8").replace("import logging\n", "import loging\n"))
    assert "runner.py" in said(rendered[0], mypy, MYPYPATH=f"{rendered[0]}/src", MYPY_CACHE_DIR=cache)
