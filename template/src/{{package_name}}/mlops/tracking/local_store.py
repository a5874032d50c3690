"""Lets a project be moved or copied: MLflow's local store knows its files by absolute paths only."""

import sqlite3
from contextlib import closing
from pathlib import Path

from .store_upgrade import upgrade

PATHS = {
    "experiments": "artifact_location",
    "runs": "artifact_uri",
    "logged_models": "artifact_location",
    "model_versions": "storage_location",
}


def relocate(database: Path, folder: Path) -> None:
    """Makes the store point to the artifacts beside it, wherever it was made; all in one transaction, or nothing.

    One of an older MLflow is upgraded before, as `store_upgrade.upgrade` says.

    Args:
        database: MLflow's SQLite file; one that is absent or has no tables yet is left alone.
        folder: The project's folder, in which `mlruns` lies.
    """
    if not database.exists():
        return
    upgrade(database)
    with closing(sqlite3.connect(database)) as connection, connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not set(PATHS) <= tables:
            return
        made = connection.execute("SELECT artifact_location FROM experiments ORDER BY experiment_id LIMIT 1").fetchone()
        here = f"{folder.resolve().as_posix()}/mlruns/"
        former = f"{made[0].rpartition('/')[0]}/" if made else here
        if former == here:
            return
        for table, column in PATHS.items():
            moved = f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE substr({column}, 1, ?) = ?"  # noqa: S608
            connection.execute(moved, (here, len(former) + 1, len(former), former))
