"""How MLflow's server of the cloud is started: what it is given, and that it refuses to start without."""

import configparser
import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from support.rendered_project import ROOT

# Its settings have one place on a machine: two tests at once would remove each other's.
pytestmark = pytest.mark.xdist_group("mlflow-settings")
SERVER = next((ROOT / "template").glob("*/*terraform*/mlflow/server.py"))
PASSWORD = "a%b/c@d:e #f"  # noqa: S105 - RDS makes such ones
STAND_IN = f"""#!{sys.executable}
import json, os, sys
json.dump({{"arguments": sys.argv[1:], "environment": dict(os.environ)}}, sys.stdout)
"""


def started(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Starts the server, where another program of its name stands in for MLflow."""
    (folder / "mlflow").write_text(STAND_IN)
    (folder / "mlflow").chmod(0o755)
    given = {"PATH": f"{folder}:{os.environ['PATH']}", **environment}
    return subprocess.run([sys.executable, SERVER], env=given, capture_output=True, text=True, check=False)  # noqa: S603


@pytest.fixture
def users() -> Path:
    """Where it writes the settings of the password check; removed before."""
    path = Path("/tmp/auth.ini")  # noqa: S108
    path.unlink(missing_ok=True)
    return path


def test_a_password_of_any_characters_reaches_database_and_users(tmp_path: Path, users: Path) -> None:
    database = {"DATABASE_HOST": "db:5432", "DATABASE_USER": "mlflow", "DATABASE_PASSWORD": PASSWORD}
    done = started(tmp_path, ARTIFACTS="s3://bucket/artifacts", **database)
    said = json.loads(done.stdout)
    address = urlsplit(said["environment"]["MLFLOW_BACKEND_STORE_URI"])
    assert (address.hostname, address.port, address.path) == ("db", 5432, "/mlflow")
    assert unquote(address.password or "") == PASSWORD
    assert address.query == "sslmode=require"
    settings = configparser.ConfigParser()
    settings.read(users)
    assert settings["mlflow"]["database_uri"] == said["environment"]["MLFLOW_BACKEND_STORE_URI"]
    assert settings["mlflow"]["default_permission"] == "NO_PERMISSIONS"
    assert users.stat().st_mode & 0o777 == 0o600
    users.unlink()
    assert "s3://bucket/artifacts" in said["arguments"]
    assert not [argument for argument in said["arguments"] if "postgres" in argument]


def test_it_refuses_to_start_without_its_settings(tmp_path: Path, users: Path) -> None:
    done = started(tmp_path, DATABASE_HOST="db:5432", ARTIFACTS="s3://bucket")
    assert done.returncode == 1
    assert done.stderr.startswith("refused: DATABASE_USER, DATABASE_PASSWORD must be set")
    assert not users.exists()
