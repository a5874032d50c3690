"""How much a project is: files and lines of Python by preset, and how long `copier.yml` is. Never raise a limit."""

import pytest
from release.template import Template
from support.rendered_project import ROOT

GUARD = "tools/template/"  # counted apart: it is no part of what a team reads
# Preset -> the most files, the most lines of Python. The goals are 122 and 5,800, and 290 and 14,600.
LIMITS = {"starter": (122, 7_251), "intermediate": (226, 16_890), "advanced": (299, 18_710)}


@pytest.mark.parametrize("maturity", LIMITS)
def test_files_and_lines(maturity: str, in_memory: Template) -> None:
    project = in_memory.rendering({"maturity": maturity})
    names = [name for name in project.sources if not name.startswith(GUARD)]
    lines = sum(len(project.text(name).splitlines()) for name in names if name.endswith(".py"))
    found, most = (len(names), lines), LIMITS[maturity]
    assert all(map(int.__le__, found, most)), f"{maturity}: {found[0]} files, {found[1]} lines, allowed are {most}"


def test_the_questions_fit_on_a_few_screens() -> None:
    assert len((ROOT / "copier.yml").read_text(encoding="utf-8").splitlines()) < 200
