"""A local store of an older MLflow, set back by MLflow's own migrations: the next run upgrades it and loses nothing."""

import sqlite3
from contextlib import closing

import pytest
from support.rendered_project import Project

pytestmark = pytest.mark.e2e
DOWNGRADE = """
from alembic import command
from mlflow.store.db.utils import _get_alembic_config

command.downgrade(_get_alembic_config("sqlite:///mlflow.db"), "-3")
"""
REVISION = "SELECT version_num FROM alembic_version"


@pytest.mark.capability("store of an older MLflow")
def test_a_store_of_an_older_mlflow_is_upgraded_after_a_copy(project: Project) -> None:
    def asked(name: str, query: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(project.path / name)) as connection:
            return connection.execute(query).fetchall()

    runs = "SELECT run_uuid, status FROM runs"
    ((newest,),), before = asked("mlflow.db", REVISION), asked("mlflow.db", runs)
    project.run("uv", "run", "python", "-c", DOWNGRADE)
    ((older,),) = asked("mlflow.db", REVISION)
    assert older != newest
    said = project.stage("stages.evaluate").stdout
    assert f"as it was, it is in mlflow.db.before-{older}" in said
    assert asked("mlflow.db", REVISION) == [(newest,)]
    assert asked(f"mlflow.db.before-{older}", REVISION) == [(older,)]
    assert asked("mlflow.db", runs) == asked(f"mlflow.db.before-{older}", runs) == before
    assert project.run("git", "status", "--porcelain").stdout == ""
    assert "as it was" not in project.stage("stages.evaluate").stdout
