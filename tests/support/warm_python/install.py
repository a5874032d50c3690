"""Puts a warm interpreter into a virtual environment: commands of projects that use it import nothing a second time.

Half of the processor time of a pipeline run are imports. Only commands that tests run for their result are run so. What
is about the process itself (kills, memory, equal bytes of two runs) sets `WARM_PYTHON` to nothing and runs cold.
"""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
READ_AT_START = ("PYTHON", "OMP_", "OPENBLAS_", "MKL_", "LD_", "MPL", "ARROW_", "MALLOC_")
# What the package of a project sets before it imports anything.
QUIET = {
    "DO_NOT_TRACK": "true",
    "DVC_NO_ANALYTICS": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
}
START = """
import sys
sys.path.insert(0, {here!r})
import server
sys.path.pop(0)
arguments = server.Server({address!r}, {settings!r}).serve()
del sys.modules["server"]
from fork import run
run(arguments)
"""


def shim(environment: Path) -> None:
    """Replaces the `python` of a virtual environment, unless that is done."""
    python = environment / "bin/python"
    if not python.is_symlink():
        return
    real = python.resolve()
    beside = python.with_name(".python.part")
    text = (HERE / "client.py").read_text(encoding="utf-8").replace("{real}", str(real))
    beside.write_text(f"#!{real} -IS\n{text}", encoding="utf-8")
    beside.chmod(0o755)
    beside.replace(python)


@contextmanager
def started(environment: Path, variables: Mapping[str, str], address: Path) -> Iterator[None]:
    """Runs a warm interpreter of a virtual environment until the block ends.

    Args:
        environment: The virtual environment.
        variables: Environment of its clients.
        address: Where it listens.
    """
    shim(environment)
    settings = sorted((key, value) for key, value in variables.items() if key.startswith(READ_AT_START))
    text = START.format(here=str(HERE), address=str(address), settings=settings)
    python = str(environment / "bin/python")
    cold = {key: value for key, value in variables.items() if key != "WARM_PYTHON"} | QUIET
    with subprocess.Popen([python, "-c", text], env=cold, stdin=subprocess.PIPE, cwd=os.sep) as running:  # noqa: S603
        try:
            yield
            assert running.poll() is None, "the warm interpreter ended early, see its traceback"
        finally:
            running.terminate()
