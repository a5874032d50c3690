"""Fixtures of the whole suite: the template in memory, and projects that are set up and trained once a session."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from copier._main import Worker
from release import archive
from release.template import Template
from support import compiled_templates
from support.bytecode import Bytecode
from support.rendered_project import ROOT, Project, environment, render, write
from support.session_cache import once, shared
from support.warm_python import install

pytest_plugins = [
    "support.shard_selection",  # imported by the next one
    "support.session_order",
    "support.capability_recorder",
    "support.progress",
    "support.surviving_processes",
    "support.further_packages",
    "support.services.servers",  # imported by those below: as plugins first, their assertions explain themselves
    "support.template_origin",
    "support.adopted_repositories",
    "support.small_fleet",
    "support.guard_process",  # before a test imports a module of the guard
    "support.small_template",
    "support.guarded_repository",
    "support.services.drifted_data",
    "support.services.containers",
    "support.services.buckets",
    "support.services.monitored_project",
    "support.platforms.terraform_runner",
    "support.platforms.delivery_workflow",
]


def pytest_configure() -> None:
    """Forgets the make that runs the tests: that of a project would say which folder it enters, and obey its flags."""
    for name in [name for name in os.environ if name.startswith(("MAKE", "MFLAGS"))]:
        del os.environ[name]


@pytest.fixture(scope="session", autouse=True)
def rendered_quickly() -> Iterator[None]:
    """Renders without Copier's call of git for each file, which is for file systems without modes: 13,000 processes."""
    with mock.patch.object(Worker, "_sync_git_index_executable_bit"), compiled_templates.kept():
        yield


@pytest.fixture(scope="session")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the tests of one worker share."""
    return tmp_path_factory.mktemp("worker")


@pytest.fixture(scope="session")
def in_memory(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The template of this working tree, rendered without files: in 0.03 s where `render` takes a second."""
    return Template(archive.unpacked(ROOT, tmp_path_factory.mktemp("template")))


@pytest.fixture(scope="session")
def files_of(in_memory: Template, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Writes the files of a project, for tests that only read them: in a tenth of the time that `render` takes."""

    def make(**answers: Any) -> Path:
        rendering = in_memory.rendering(answers)
        assert answers.items() <= dict(rendering.answers).items(), "no such question, or the answer is refused"
        return write(rendering, tmp_path_factory.mktemp("files") / "p")

    return make


@pytest.fixture(scope="session")
def warm(worker: Path) -> Iterator[Callable[[Project], None]]:
    """Starts a warm interpreter for a project's environment, once for all that share it: see `warm_python.install`."""
    with ExitStack() as running:
        addresses: set[str] = set()

        def start(project: Project) -> None:
            address, environment = (project.environment[key] for key in ("WARM_PYTHON", "UV_PROJECT_ENVIRONMENT"))
            if Path(environment).parent == worker and address not in addresses:
                addresses.add(address)
                running.enter_context(install.started(Path(environment), project.environment, Path(address)))

        yield start


@pytest.fixture(scope="session")
def bytecode(tmp_path_factory: pytest.TempPathFactory) -> Bytecode:
    """Bytecode of packages that the workers share."""
    return Bytecode(shared(tmp_path_factory) / "bytecode")


@pytest.fixture(scope="session")
def new_project(
    worker: Path, warm: Callable[[Project], None], bytecode: Bytecode, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Project]:
    """Makes projects: rendered, set up, and committed once; with as few resamples as the project's own tests have."""

    def make(variables: dict[str, str] | None = None, **answers: Any) -> Project:
        where = tmp_path_factory.mktemp("project") / "p"
        own = environment(worker, answers.get("maturity", "starter"))
        project = Project(render(where, **answers), own | (variables or {}))
        project.edit("params.yaml", "repeats: 200", "repeats: 20")  # two thirds of the time of evaluate and register
        project.make("setup")
        bytecode.lend(project.virtual_environment)
        warm(project)
        project.commit("first")
        return project

    return make


@pytest.fixture(scope="session")
def first_model(
    new_project: Callable[..., Project],
    warm: Callable[[Project], None],
    bytecode: Bytecode,
    worker: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str], Project]:
    """Makes projects of a maturity, with their first `make run`, committed."""

    def make(maturity: str) -> Project:
        def run() -> Path:
            project = new_project(maturity=maturity)
            project.make("run")
            bytecode.keep(project.virtual_environment)
            project.commit("first model")
            return project.path

        project = Project(once(tmp_path_factory, maturity, run), environment(worker, maturity))
        project.run("uv", "sync", "--quiet")
        bytecode.lend(project.virtual_environment)
        warm(project)
        return project

    return make


@pytest.fixture(scope="session")
def finished(first_model: Callable[[str], Project]) -> Project:
    """The default project after its first `make run`, committed. Read it, never change it: see `project`."""
    return first_model("starter")


@pytest.fixture(scope="session")
def lifted(first_model: Callable[[str], Project]) -> Project:
    """An intermediate project after its first `make run`, committed. Read it, never change it: copy it."""
    return first_model("intermediate")


@pytest.fixture(scope="session")
def served(lifted: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the intermediate project whose champion is exported. Read it, never change it: copy it."""

    def export() -> Path:
        path = tmp_path_factory.mktemp("exported") / "p"
        shutil.copytree(lifted.path, path, symlinks=True)
        Project(path, lifted.environment).make("export")
        return path

    return Project(once(tmp_path_factory, "served", export), lifted.environment)


@pytest.fixture
def governed(lifted: Project, tmp_path: Path) -> Project:
    """A copy of the intermediate project, to be changed at will: audit commands, cost and licences begin there."""
    shutil.copytree(lifted.path, tmp_path / "p", symlinks=True)
    return Project(tmp_path / "p", lifted.environment)


@pytest.fixture
def project(finished: Project, tmp_path: Path) -> Project:
    """A copy of the finished default project, to be changed at will."""
    shutil.copytree(finished.path, tmp_path / "p", symlinks=True)
    return Project(tmp_path / "p", finished.environment)
