"""Brings the local store of an older MLflow up to the installed one, after a copy, and says so.

MLflow does it in place and silently, or refuses, depending on the versions. Here a copy is upgraded and then put in
place, so that a kill leaves the former store.
"""

import logging
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from ..core.atomic import replacing
from ..core.errors import Refusal, UsageError
from ..core.untrusted_text import reason
from ..governance.audit_chain import locked

_STEP = re.compile(r"""^(revision|down_revision)\b[^=\n]*= *["']([0-9a-f]+)["']""", re.M)
log = logging.getLogger(__name__)


def revisions() -> tuple[set[str], str | None]:
    """Returns the revisions of a store that the installed MLflow knows, and the newest; its own reader takes long."""
    found = find_spec("mlflow")
    folder = Path(str(found.origin)).parent / "store/db_migrations/versions" if found else Path()
    steps = [dict(_STEP.findall(path.read_text(encoding="utf-8"))) for path in folder.glob("*.py")]
    known = {step["revision"] for step in steps if "revision" in step}
    newest = known - {step.get("down_revision") for step in steps}
    return known, newest.pop() if len(newest) == 1 else None


def revision(database: Path) -> str | None:
    """Returns the revision of a store, or None where it has no tables yet."""
    with closing(sqlite3.connect(database)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
            return None
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(row[0]) if row else None


def _copy(database: Path, path: Path) -> None:
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(path)) as target:
        source.backup(target)


def upgrade(database: Path) -> None:
    """Upgrades a store, unless it is that of the installed MLflow.

    Args:
        database: MLflow's SQLite file; one that is absent or has no tables yet is left alone.

    Raises:
        UsageError: A newer MLflow wrote it.
        Refusal: MLflow can't upgrade it.
    """
    known, newest = revisions()
    if not database.exists() or newest is None or revision(database) in (None, newest):
        return
    with locked(database):
        present = revision(database)  # another process may have upgraded it while this one waited
        if present is None or present == newest:
            return
        if present not in known:
            raise UsageError(
                f"{database.name} is of a newer MLflow than the installed {version('mlflow')} (its revision {present} "
                "is unknown to it): update mlflow in pyproject.toml to that version, and `uv sync`."
            )
        kept = database.with_name(f"{database.name}.before-{present}")
        with replacing(kept) as beside:
            _copy(database, beside)
        with replacing(database) as beside:
            _copy(database, beside)
            _upgraded(beside, database, kept)
        log.info(
            "%s was of an older MLflow and is upgraded to %s; as it was, it is in %s",
            database.name,
            version("mlflow"),
            kept.name,
        )


def _upgraded(copy: Path, database: Path, kept: Path) -> None:
    command = [sys.executable, "-m", "mlflow", "db", "upgrade", f"sqlite:///{copy.absolute().as_posix()}"]
    quiet = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=quiet)  # noqa: S603
    if done.returncode:
        said = done.stderr.strip().rpartition("\n")[2]
        raise Refusal(
            f"MLflow {version('mlflow')} can't upgrade {database.name} ({reason(said)}): it is as it was, also in "
            f"{kept.name}. Use the MLflow that wrote it, or move {database.name} away to begin a new store."
        )
