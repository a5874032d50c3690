"""A real PostgreSQL that takes TLS and passwords only, as RDS does with rds.force_ssl."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.services.servers import START, free_port, serving

CERTIFICATE = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
ACCESS = "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n"


@dataclass(frozen=True)
class PostgreSQL:
    """A running server: its port, and where its socket is."""

    port: int
    folder: Path
    programs: Path

    def sql(self, statement: str) -> None:
        """Runs a statement as the administrator."""
        command = [self.programs / "psql", "--quiet", "--host", self.folder, "--port", str(self.port)]
        _run(self.folder, *command, "--username", "postgres", "--command", statement)


def _of_postgres(*command: str | Path) -> list[str | Path]:
    """Returns a command as root may run it: PostgreSQL refuses root."""
    account = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"] if os.geteuid() == 0 else []
    return [*account, *command]


def _run(folder: Path, *command: str | Path) -> None:
    done = subprocess.run(_of_postgres(*command), cwd=folder, check=False, capture_output=True, text=True)  # noqa: S603
    assert done.returncode == 0, done.stderr


@contextmanager
def running() -> Iterator[PostgreSQL]:
    """Starts a server with a new cluster, until the block ends."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not found or not shutil.which("openssl"):
        pytest.skip("the database is a real PostgreSQL: install Debian's postgresql and openssl")
    with tempfile.TemporaryDirectory(prefix="postgresql") as name:  # not below pytest's, where its user may not go
        folder, programs, port = Path(name), found[-1].parent, free_port()
        data = folder / "data"
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        _run(folder, programs / "initdb", "--auth", "trust", "--username", "postgres", "--pgdata", data)
        _run(folder, *CERTIFICATE, "-keyout", data / "server.key", "-out", data / "server.crt")
        (data / "pg_hba.conf").write_text(ACCESS, encoding="utf-8")
        options = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": folder, "ssl": "on"}
        settings = [f"--{key}={value}" for key, value in options.items()]
        command = _of_postgres(programs / "postgres", "-D", data, *settings)
        with serving(command, port, folder / "log", dict(os.environ), folder):
            _until_it_answers(programs, folder, port)
            yield PostgreSQL(port, folder, programs)


def _until_it_answers(programs: Path, folder: Path, port: int) -> None:
    """Waits: its port is open before the database has started."""
    command = [programs / "pg_isready", "--quiet", "--host", folder, "--port", str(port)]
    deadline = time.monotonic() + START
    while subprocess.run(command, check=False).returncode:  # noqa: S603
        assert time.monotonic() < deadline, (folder / "log").read_text(encoding="utf-8", errors="replace")[-2000:]
        time.sleep(0.2)
