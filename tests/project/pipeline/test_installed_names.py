"""Names against a real environment: what is installed is refused, and what is called like a test can be tested."""

import json
import re
import tomllib

import pytest
from release.answers import refusal
from release.template import Template
from support.rendered_project import Project

pytestmark = pytest.mark.e2e
PLAIN = re.compile("[a-z][a-z0-9]*")
IMPORTED = "import json; from importlib.metadata import packages_distributions as all; print(json.dumps(sorted(all())))"


@pytest.fixture(scope="module")
def named(new_project) -> Project:
    """A project called like one of its own tests."""
    return new_project(project_name="test-gates", maturity="intermediate")


def test_what_is_installed_is_no_name(named: Project, in_memory: Template) -> None:
    locked = {package["name"] for package in tomllib.loads(named.read("uv.lock"))["package"]} - {"test-gates"}
    project = tomllib.loads(named.read("pyproject.toml"))
    groups = [entry for group in project["dependency-groups"].values() for entry in group if isinstance(entry, str)]
    direct = [*project["project"]["dependencies"], *groups]
    names = {name for name in locked if PLAIN.fullmatch(name)} | {re.match(r"[\w-]+", entry)[0] for entry in direct}
    assert len(names) > 100
    assert [name for name in sorted(names) if not refusal(in_memory, "project_name", name)] == []
    modules = json.loads(named.run("uv", "run", "python", "-c", IMPORTED).stdout)
    free = [name for name in modules if PLAIN.fullmatch(name) and not refusal(in_memory, "package_name", name)]
    assert free == []


def test_tests_of_a_package_called_like_a_test_are_found(named: Project) -> None:
    assert named.package == "test_gates"
    assert (
        "tests/mlops/evaluation/test_gates.py::test_"
        in named.run("uv", "run", "pytest", "--collect-only", "--quiet").stdout
    )
