"""The intermediate and the advanced project: their own tests and checks pass, as the default one's do."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import copier
import pytest
from support.bytecode import Bytecode
from support.rendered_project import ROOT, Project, environment

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("verb", ["quick", pytest.param("test", marks=pytest.mark.variant)])
def test_tests_and_checks_pass(verb: str, served: Project) -> None:
    assert "skipped" not in served.make(verb).stdout.splitlines()[-1]
    served.make("check")
    assert served.run("git", "status", "--porcelain").stdout == ""


def test_help_lists_every_verb(served: Project) -> None:
    makefiles = [
        served.read(name)
        for name in ("Makefile", "mk/delivery.mk", "mk/governance.mk", "mk/monitoring.mk", "mk/serving.mk")
    ]
    verbs = [verb for text in makefiles for verb in re.findall(r"^\.PHONY: (.*)$", text, re.M)[0].split()]
    assert [line.split()[0] for line in served.make("help").stdout.splitlines()] == verbs


def test_what_an_advanced_project_has_more_passes_too(
    served: Project, bytecode: Bytecode, warm: Callable[[Project], None], worker: Path, tmp_path: Path
) -> None:
    shutil.copytree(served.path, tmp_path / "p", symlinks=True)
    project = Project(tmp_path / "p", environment(worker, "advanced"))
    answers = {"maturity": "advanced", "cloud": "aws"}
    copier.run_copy(str(ROOT), project.path, data=answers, defaults=True, overwrite=True, quiet=True, vcs_ref="HEAD")
    project.run("uv", "sync", "--quiet")
    bytecode.lend(project.virtual_environment)
    warm(project)
    project.run("git", "add", "--all")
    project.make("check")
    project.commit("advanced")
    # The tests that an intermediate project has too pass with all edits of an advanced one: `test_extension_served.py`.
    tests = [path.relative_to(project.path) for path in (project.path / "tests").rglob("test_*.py")]
    more = [path.as_posix() for path in tests if not (served.path / path).exists()]
    assert len(more) >= 5
    assert "passed" in project.run("uv", "run", "pytest", *more).stdout
    assert project.run("git", "status", "--porcelain").stdout == ""
    refused = project.make("manifests", "ENV=staging", check=False)
    assert refused.returncode != 0
    assert "nothing was delivered to staging yet" in refused.stderr
