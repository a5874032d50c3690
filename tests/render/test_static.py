"""House rules that a machine can see, and places that must say the same."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import pytest
import yaml
from support.rendered_project import ROOT, STAGES

PACKAGE = next((ROOT / "template/src").iterdir())
MODULES = sorted(PACKAGE.rglob("*.py"))


@pytest.fixture(scope="module")
def rendered(files_of: Callable[..., Path]) -> Path:
    """The default project."""
    return files_of()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_module_has_its_size_and_says_what_it_is_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 150
    assert ast.get_docstring(ast.parse(text))
    assert not re.search(r"\|\| true|except Exception: *pass|\bprint\(", text)


def test_rules_of_the_linter_are_the_same_inside_and_outside(rendered: Path) -> None:
    inside, outside = (
        tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]
        for root in (rendered, ROOT)
    )
    assert inside["line-length"] == outside["line-length"]
    for key in ("select", "ignore", "pydocstyle"):
        assert inside["lint"][key] == outside["lint"][key]


@pytest.mark.parametrize("name", ["a", "a" * 60])
def test_short_and_long_names_are_formatted(name: str, files_of: Callable[..., Path]) -> None:
    project = files_of(project_name=name, maturity="intermediate")
    for command in (["format", "--check"], ["check"]):
        done = subprocess.run(["ruff", *command, "."], cwd=project, capture_output=True, text=True, check=False)  # noqa: S603, S607
        assert done.returncode == 0, done.stdout


def test_dependencies_are_bounded_and_dated(rendered: Path) -> None:
    for root in (rendered, ROOT):
        project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
        listed = [*project["project"]["dependencies"], *chain(*project["dependency-groups"].values())]
        unbounded = [entry for entry in listed if ">=" not in entry or "<" not in entry]
        assert not unbounded
        assert project["tool"]["uv"]["exclude-newer"]
    assert "simple" in (ROOT / "uv.lock").read_text(encoding="utf-8")
    assert set(re.findall(r'registry = "([^"]+)"', (ROOT / "uv.lock").read_text(encoding="utf-8"))) == {
        "https://pypi.org/simple"
    }


def test_stages_are_modules_and_sections(rendered: Path) -> None:
    pipeline = yaml.safe_load((rendered / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    params = yaml.safe_load((rendered / "params.yaml").read_text(encoding="utf-8"))
    assert tuple(pipeline) == STAGES
    assert all((rendered / f"src/churn_model/stages/{stage}.py").exists() for stage in STAGES)
    assert set(params) <= {*STAGES, "cost"}


def test_a_part_is_a_room_and_a_section(files_of: Callable[..., Path]) -> None:
    lifted = files_of(maturity="intermediate")
    params = yaml.safe_load((lifted / "params.yaml").read_text(encoding="utf-8"))
    added = set(params) - {*STAGES, "cost"}
    assert added == {"serve", "monitor"}
    for room in ("serving", "monitoring"):
        assert (lifted / f"src/churn_model/mlops/{room}/__main__.py").exists()


def test_the_version_is_said_once_everywhere() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
