"""The intermediate project: its own tests and checks pass, as the default one's do."""

import re

import pytest
from conftest import Project

pytestmark = pytest.mark.e2e


def test_tests_and_checks_pass(served: Project) -> None:
    assert "skipped" not in served.make("test").stdout.splitlines()[-1]
    served.make("check")
    assert served.run("git", "status", "--porcelain").stdout == ""


def test_help_lists_every_verb(served: Project) -> None:
    makefiles = [served.read(name) for name in ("Makefile", "mk/monitoring.mk", "mk/serving.mk")]
    verbs = [verb for text in makefiles for verb in re.findall(r"^\.PHONY: (.*)$", text, re.M)[0].split()]
    assert [line.split()[0] for line in served.make("help").stdout.splitlines()] == verbs
