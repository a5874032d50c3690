"""Starts MLflow's server with runs, registry and users in PostgreSQL, by settings from the environment.

With the argument `check` it starts nothing, and exits with 1 where server or database do not answer: a password that
RDS has rotated is refused, and what watches the container starts it again, with the new one.

DATABASE_HOST (host:port), DATABASE_USER, DATABASE_PASSWORD, DATABASE_NAME (mlflow), DATABASE_TLS (require); ARTIFACTS,
the address of the bucket. Addresses with the password are given by environment and file, never on the command line.
"""

import configparser
import os
import sys
import urllib.request
from pathlib import Path
from urllib.parse import quote

NEEDED = ("DATABASE_HOST", "DATABASE_USER", "DATABASE_PASSWORD", "ARTIFACTS")
PORT = os.environ.get("PORT", "5000")
USERS = Path("/tmp/auth.ini")  # noqa: S108 - the one folder that can be written to


def database(settings: dict[str, str]) -> str:
    """Returns the address of the database; a password may hold any character."""
    user, password = (quote(settings[name], safe="") for name in ("DATABASE_USER", "DATABASE_PASSWORD"))
    name, tls = settings.get("DATABASE_NAME", "mlflow"), settings.get("DATABASE_TLS", "require")
    return f"postgresql+psycopg2://{user}:{password}@{settings['DATABASE_HOST']}/{name}?sslmode={tls}"


def write_users(path: Path, address: str) -> None:
    """Writes the settings of the password check: whoever has no permission reads nothing."""
    settings = configparser.ConfigParser()
    settings["mlflow"] = {
        "default_permission": "NO_PERMISSIONS",
        "database_uri": address.replace("%", "%%"),
        "admin_username": os.environ.get("MLFLOW_AUTH_ADMIN_USERNAME", "admin"),
        "authorization_function": "mlflow.server.auth:authenticate_request_basic_auth",
        "grant_default_workspace_access": "false",
    }
    path.touch(mode=0o600)
    with path.open("w", encoding="utf-8") as file:
        settings.write(file)


def check(address: str) -> None:
    """Fails unless the server answers, and the database takes a new connection, which `/health` does not ask for."""
    import psycopg2  # here: the tests of the rest do without it

    try:
        urllib.request.urlopen(f"http://127.0.0.1:{PORT}/health", timeout=3).close()
        psycopg2.connect(address.replace("+psycopg2", ""), connect_timeout=3).close()
    except (OSError, psycopg2.Error) as error:
        sys.exit(f"unhealthy: {error}")


def main() -> None:
    """Becomes the server, or checks it."""
    missing = [name for name in NEEDED if not os.environ.get(name)]
    if missing:
        sys.exit(f"refused: {', '.join(missing)} must be set: see deploy/terraform/mlflow/server.py.")
    address = database(dict(os.environ))
    if sys.argv[1:] == ["check"]:
        return check(address)
    write_users(USERS, address)
    os.environ |= {"MLFLOW_BACKEND_STORE_URI": address, "MLFLOW_AUTH_CONFIG_PATH": str(USERS)}
    command = ["mlflow", "server", "--app-name", "basic-auth", "--artifacts-destination", os.environ["ARTIFACTS"]]
    command += ["--workers", "2", "--host", os.environ.get("HOST", "0.0.0.0"), "--port", PORT]  # noqa: S104
    os.execvp(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main()
