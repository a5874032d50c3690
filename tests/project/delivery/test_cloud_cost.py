"""The workflow that estimates what the infrastructure costs: executed by act, Infracost's container is a stand-in."""

import os
from pathlib import Path

import pytest
from support.platforms.act_runner import Runner, said
from support.rendered_project import Project, render

pytestmark = [pytest.mark.e2e, pytest.mark.capability("cloud cost")]
DOCKER = """#!/bin/sh
printf '%s\\n' "$@" > "$STAND_IN_ARTIFACTS/docker"
[ -z "$OUT_OF_ORDER" ] || { echo "Error: Invalid API Key" >&2; exit 1; }
echo "OVERALL TOTAL $INFRACOST_API_KEY 12.34"
"""


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A machine with a stand-in for docker."""
    path = render(tmp_path / "p", maturity="intermediate", cloud="gcp")
    names = {f"GIT_{who}_{what}": "ada@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    project = Project(path, {**os.environ, **names})
    project.run("git", "init", "--quiet", "--initial-branch=main")
    project.commit()
    found = Runner(project, tmp_path / "runner", "cloud-cost.yml")
    (tmp_path / "runner/bin/docker").write_text(DOCKER, encoding="utf-8")
    (tmp_path / "runner/bin/docker").chmod(0o755)
    return found


def test_without_a_key_it_says_so(runner: Runner) -> None:
    done = runner.act("push")
    assert done.returncode == 0
    assert "cloud-cost estimated nothing: the secret INFRACOST_API_KEY is not set." in said(done)
    assert not (runner.left / "docker").exists()


def test_with_a_key_infracost_is_asked(runner: Runner) -> None:
    done = runner.act("push", secrets={"INFRACOST_API_KEY": "k"})
    assert done.returncode == 0, said(done)
    assert "OVERALL TOTAL" in said(done)
    arguments = (runner.left / "docker").read_text(encoding="utf-8").split()
    mounted, inside = arguments[arguments.index("--volume") + 1].split(":")
    assert mounted.endswith("/deploy/terraform")
    module = runner.project.path / arguments[arguments.index("--path") + 1].replace(inside, "deploy/terraform")
    variables = arguments[arguments.index("--terraform-var-file") + 1]
    assert (module / "storage.tf").exists()
    assert (module / variables).exists()

    (runner.left / "docker").unlink()
    done = runner.act("push", secrets={"INFRACOST_API_KEY": "k"}, OUT_OF_ORDER="1")
    assert (runner.left / "docker").exists()
    assert done.returncode != 0
    # Not its text: act may lose what a step prints in the moment it fails.
    assert "Failure - Main Cost of a month" in said(done)
