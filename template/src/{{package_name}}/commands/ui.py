"""Starts MLflow's pages on the project's store, for this machine only: `python -m <package>.commands.ui`."""

import argparse
import os
import signal
import socket
import subprocess
import sys
from types import FrameType

from ..mlops.core import params
from ..mlops.core.errors import Refusal, UsageError
from ..mlops.core.paths import workspace
from ..mlops.core.runner import run
from ..mlops.core.untrusted_text import address
from ..mlops.tracking import mlflow_client

HOST, USUAL = "127.0.0.1", 5000
PATIENCE = 10  # seconds until what does not end is killed


def port(wanted: int | None) -> int:
    """Returns a free port: the wanted one, else the usual one, else any.

    Raises:
        UsageError: The wanted one is taken.
    """
    for number in [wanted] if wanted is not None else [USUAL, 0]:
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((HOST, number))
            except (OSError, OverflowError):
                continue
            return int(listener.getsockname()[1])
    raise UsageError(f"port {wanted} is not free: choose another one, or leave out PORT.")


def _stop(started: subprocess.Popen[bytes]) -> None:
    """Ends the server and whatever it started."""
    if sys.platform == "win32":
        started.terminate()
        started.wait()
        return
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(started.pid, sign)
            started.wait(PATIENCE)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> None:
    """Serves until it is interrupted."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int)
    number = port(parser.parse_args().port)
    client = mlflow_client.connect()
    if not mlflow_client.is_local():
        raise UsageError(f"the runs are on the server {address(mlflow_client.store_uri())}: open it in a browser.")
    experiment = client.get_experiment_by_name(params.load().register_.model_name)
    page = f"/#/experiments/{experiment.experiment_id}/runs?workflowType=machine_learning" if experiment else "/"
    command = [sys.executable, "-m", "mlflow", "server", "--host", HOST, "--port", str(number), "--workers", "1"]
    command += ["--backend-store-uri", mlflow_client.store_uri()]
    command += ["--default-artifact-root", str(workspace() / "mlruns")]
    # The package has switched the telemetry off, and nothing here runs MLflow's jobs.
    environment = os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    signal.signal(signal.SIGTERM, _interrupt)
    started = subprocess.Popen(command, env=environment, start_new_session=True)  # noqa: S603
    sys.stdout.write(f"http://{HOST}:{number}{page}\n")  # the logger leaves out what follows #
    sys.stdout.flush()
    try:
        code = started.wait()
    except KeyboardInterrupt:
        return
    finally:
        _stop(started)
    raise Refusal(f"MLflow ended with {code}: see above.")


if __name__ == "__main__":
    run(main)
