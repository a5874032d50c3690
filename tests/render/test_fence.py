"""The fence: what lies behind it is the template's, and the same bytes in every project with the same options."""

from collections.abc import Iterable

import pytest
import yaml
from release.template import Rendering, Template

FENCE = "mlops/"
# All options off, and all on, in projects that share nothing else.
OPTIONS = (
    {"maturity": "starter"},
    {"maturity": "intermediate"},
    {"maturity": "advanced"},
    {"maturity": "advanced", "cloud": "aws", "scale": "ray"},
    {"maturity": "custom", "serving": False, "monitoring": True, "airflow": False},
)
OTHER = {
    "project_name": "a-quite-long-name-of-another-project",
    "package_name": "other",
    "description": "Something else.",
    "author_name": "Ada",
    "author_email": "ada@example.org",
    "github_owner": "acme",
    "license": "MIT",
    "python_version": "3.13",
}


def behind(project: Rendering) -> dict[str, bytes]:
    """The files of the package behind the fence. Those of `tests/mlops` import the package, so they name it."""
    folder = f"{project.package}{FENCE}"
    return {
        name.removeprefix(folder): project.text(name).encode() for name in project.sources if name.startswith(folder)
    }


def differing(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    """The files that only one of two projects has, or that are not the same."""
    return sorted(name for name in {*one, *other} if one.get(name) != other.get(name))


def names(of: Iterable[str], project: Rendering) -> set[str]:
    """Paths as those of all projects."""
    return {project.general(path) for path in of}


@pytest.mark.capability("equal bytes behind the fence", kind="static")
@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: "-".join(map(str, options.values())))
def test_the_fence_is_the_same_in_every_project(options: dict[str, str], in_memory: Template) -> None:
    first, second = in_memory.rendering(options), in_memory.rendering(options | OTHER)
    assert first.package != second.package
    assert len(behind(first)) > 60
    assert differing(behind(first), behind(second)) == []
    assert names(first.sources, first) ^ names(second.sources, second) == {"LICENSE"}  # the tests are the same files


def test_a_file_that_names_its_project_is_noticed(in_memory: Template) -> None:
    one, other = in_memory.rendering({}), in_memory.rendering(OTHER)
    files = behind(one), behind(other)
    for project, texts in zip((one, other), files, strict=True):
        texts["named.py"] = f'NAME = "{project.answers["project_name"]}"'.encode()
    files[0]["only.py"] = b""
    assert differing(*files) == ["named.py", "only.py"]


def test_nothing_behind_the_fence_is_rendered(in_memory: Template) -> None:
    for options in OPTIONS:
        project = in_memory.rendering(options)
        inside = [name for name in project.sources if name.startswith(f"{project.package}{FENCE}")]
        assert [name for name in inside if project.rendered(name)] == []


def test_a_stage_depends_on_rooms_and_no_list_of_modules(in_memory: Template) -> None:
    for options in OPTIONS:
        project = in_memory.rendering(options)
        room = f"{project.package}{FENCE}"
        for stage, text in yaml.safe_load(project.text("dvc.yaml"))["stages"].items():
            rooms = [path for path in text["deps"] if path.startswith(room)]
            assert len(rooms) <= 5, stage
            assert not [path for path in rooms if path.endswith(".py")], stage
            assert all(any(name.startswith(f"{path}/") for name in project.sources) for path in rooms), stage
