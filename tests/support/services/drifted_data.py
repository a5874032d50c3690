"""A project whose data have moved on: rows to retrain on, better ones and garbage."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from support.rendered_project import Project
from support.session_cache import once


@pytest.fixture(scope="session")
def aged(observed: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the observed project with `new.parquet` and `garbage.parquet`, committed. Read it, never change it."""

    def age() -> Path:
        project = Project(tmp_path_factory.mktemp("aging") / "p", observed.environment)
        shutil.copytree(observed.path, project.path, symlinks=True)
        project.stage("mlops.data.synthetic", "new.parquet", "--seed", "8", "--rows", "12000", "--drift", "concept")
        rows = pd.read_parquet(project.path / "data/dataset.parquet")
        shuffled = rows["churned"].sample(frac=1, random_state=0).to_numpy()
        rows.assign(churned=shuffled).to_parquet(project.path / "garbage.parquet", index=False)
        project.commit("new data")
        return project.path

    return Project(once(tmp_path_factory, "aged", age), observed.environment)
