"""Copies of a project with further packages, each in an environment of its own."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from support.bytecode import Bytecode
from support.rendered_project import Project

WithPackages = Callable[..., Project]


@pytest.fixture(scope="session")
def with_packages(bytecode: Bytecode, warm: Callable[[Project], None], worker: Path) -> WithPackages:
    """Makes one of a project, the folder of the copy, the name of its environment, and what `uv add` is told.

    Unless `warmly`, each of its commands runs in an interpreter of its own.
    """

    def make(project: Project, folder: Path, name: str, *added: str, warmly: bool = True) -> Project:
        shutil.copytree(project.path, folder, symlinks=True)
        own = {"UV_PROJECT_ENVIRONMENT": f"{worker}/venv-{name}"}
        own["WARM_PYTHON"] = f"{worker}/warm-{name}" if warmly else ""
        made = Project(folder, project.environment | own)
        made.run("uv", "add", "--quiet", *added)
        if warmly:
            bytecode.lend(made.virtual_environment)
            warm(made)
        return made

    return make
