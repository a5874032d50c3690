"""How much a project is: files, lines and modules by preset, and how long `copier.yml` is. Never raise a limit."""

from collections import Counter
from pathlib import PurePosixPath

import pytest
from release.template import Rendering, Template
from support.rendered_project import ROOT

SRC, FENCE = "src/churn_model/", ("src/churn_model/mlops/", "tests/mlops/")
# Preset -> the most files, the most of them outside the fence, the most lines of Python: what is achieved.
# The goals are 122, 50 and 5,800 of starter, 290, 125 and 14,600 of advanced.
LIMITS = {"starter": (274, 62, 21_200), "intermediate": (437, 96, 33_500), "advanced": (514, 151, 35_500)}
EVERYTHING = {"maturity": "advanced", "cloud": "aws", "scale": "ray"}


def lines(project: Rendering, name: str) -> int:
    """How long a file of a project is."""
    return len(project.text(name).splitlines())


@pytest.mark.parametrize("maturity", LIMITS)
def test_files_and_lines(maturity: str, in_memory: Template) -> None:
    project = in_memory.rendering({"maturity": maturity})
    outside = [name for name in project.sources if not name.startswith(FENCE)]
    python = sum(lines(project, name) for name in project.sources if name.endswith(".py"))
    measured, most = (len(project.sources), len(outside), python), LIMITS[maturity]
    assert all(map(int.__le__, measured, most)), (
        f"{maturity}: {measured[0]} files, {measured[1]} outside the fence, {measured[2]} lines, allowed are {most}"
    )


def test_rooms_and_modules_are_small(in_memory: Template) -> None:
    project = in_memory.rendering(EVERYTHING)
    modules = [name for name in project.sources if name.startswith(SRC) and name.endswith(".py")]
    rooms = Counter(PurePosixPath(name).parent.as_posix() for name in modules)
    assert {room: size for room, size in rooms.items() if size > 13} == {}
    assert {name: long for name in modules if (long := lines(project, name)) > 150} == {}


@pytest.mark.parametrize("maturity", LIMITS)
def test_a_data_scientist_reads_his_part_and_the_stages_in_20_minutes(maturity: str, in_memory: Template) -> None:
    project = in_memory.rendering({"maturity": maturity})
    places = {SRC.rstrip("/"), f"{SRC}stages"}
    own = [name for name in project.sources if PurePosixPath(name).parent.as_posix() in places]
    assert len(own) >= 15
    assert sum(lines(project, name) for name in own) <= 900


def test_the_questions_fit_on_a_few_screens() -> None:
    assert len((ROOT / "copier.yml").read_text(encoding="utf-8").splitlines()) < 200
