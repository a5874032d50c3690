"""The generated `materialize.yml`, executed by act: a file of one machine is left alone, a real Redis filled."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from support.platforms.act_runner import Runner, said
from support.platforms.delivery_workflow import connected
from support.rendered_project import Project
from support.services.servers import REDIS
from support.template_origin import git

pytestmark = [pytest.mark.e2e, pytest.mark.capability("materialization on schedule"), pytest.mark.xdist_group("drill")]


@pytest.fixture
def project(first_model: Callable[[str], Project], tmp_path: Path) -> Project:
    """An advanced project with a model, on GitHub."""
    return connected(first_model("advanced"), tmp_path)


@pytest.fixture
def runner(project: Project, tmp_path: Path) -> Runner:
    """A machine for the workflow."""
    return Runner(project, tmp_path / "runner", "materialize.yml")


def ran(runner: Runner, **secrets: str) -> tuple[str, bool]:
    """Runs the workflow; returns what was said, and whether it was green."""
    done = runner.act("schedule", secrets=secrets)
    return said(done), done.returncode == 0


def entities(port: int) -> int:
    """Returns how many entities a Redis has."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as asked:
        asked.sendall(b"DBSIZE\r\n")
        return int(asked.recv(64).removeprefix(b":"))


def test_a_file_of_one_machine_is_left_alone(runner: Runner) -> None:
    text, green = ran(runner)
    assert green, text[-4000:]
    assert "materialize brought nothing: feature_repo/feature_store.yaml names SQLite, a file of one machine." in text
    assert "materialized" not in text


def test_features_arrive_in_redis(project: Project, runner: Runner, redis: int) -> None:
    project.edit(*REDIS)
    git(project.path, "commit", "--quiet", "--all", "--no-verify", "--message", "Redis")
    text, green = ran(runner)
    assert not green
    assert f"{REDIS[0]} needs FEATURE_STORE_REDIS: set it in the environment" in text
    assert entities(redis) == 0

    text, green = ran(runner, FEATURE_STORE_REDIS=f"127.0.0.1:{redis}")
    assert green, text[-4000:]
    assert "materialized rows for churn-model_v1 into redis" in text
    assert entities(redis) == 10_000
