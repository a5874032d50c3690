"""A project that monitors and retrains, with data to retrain on: better ones, and garbage."""

from collections.abc import Callable

import pandas as pd
import pytest
from conftest import Project


@pytest.fixture(scope="session")
def watched(new_project: Callable[..., Project]) -> Project:
    """A project that monitors, after its first run, committed. Read it, never change it."""
    project = new_project(maturity="custom", serving=False, monitoring=True)
    project.make("run")
    project.stage("sample", "new.parquet", "--seed", "8", "--rows", "12000", "--drift", "concept")
    rows = pd.read_parquet(project.path / "data/dataset.parquet")
    shuffled = rows["churned"].sample(frac=1, random_state=0).to_numpy()
    rows.assign(churned=shuffled).to_parquet(project.path / "garbage.parquet", index=False)
    project.commit("first model")
    return project
