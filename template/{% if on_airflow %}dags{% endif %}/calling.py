"""Runs a command of the project in the project's own environment, and says what its exit code means to Airflow."""

import json
import logging
import os
import signal
import subprocess
import urllib.request
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import Variable
from airflow.sdk.exceptions import AirflowException, AirflowFailException

ROOT = Path(os.environ.get("PROJECT_ROOT") or Path(__file__).resolve().parents[1])
# A gate refuses, or data are bad: the next try would end the same. Anything else may be a lock, or a server that was
# away; 2 is also what uv ends with where it has no network.
REFUSED = frozenset({3, 12})
# Variables of Airflow's environment that would lead uv and Python into it.
FOREIGN = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")
log = logging.getLogger(__name__)


def package() -> str:
    """Returns the name of the project's package."""
    return next(ROOT.glob("src/*/schema.py")).parent.name


def setting(name: str) -> str:
    """Returns a variable of Airflow: Admin, Variables, or AIRFLOW_VAR_... in the environment.

    Raises:
        AirflowFailException: It is not set.
    """
    value = Variable.get(name, default="")
    if not value:
        raise AirflowFailException(f"the variable {name} is not set: airflow variables set {name} VALUE")
    return str(value)


def call(module: str, *arguments: str, meant: Sequence[int] = ()) -> tuple[int, str]:
    """Runs a command: not by make, which makes every exit code a 2.

    Returns:
        The exit code, 0 or one that is meant, and the last line that the command printed.

    Raises:
        AirflowFailException: A gate refused: not to be tried again.
        AirflowException: Anything else, such as a killed process: to be tried again.
    """
    env = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    command = ["uv", "run", "python", "-m", f"{package()}.{module}", *arguments]
    log.info("%s, in %s", " ".join(command), ROOT)
    last = ""
    with subprocess.Popen(  # noqa: S603
        command,
        cwd=ROOT,
        env={"RETRAIN_EVENT": "airflow", **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    ) as running:
        try:
            for line in running.stdout or ():
                log.info("%s", line.rstrip())
                last = line.strip() or last
            code = running.wait()
        except BaseException:  # a timeout, or a person who ends the task: uv alone would leave its child behind
            os.killpg(running.pid, signal.SIGKILL)
            raise
    if code == 0 or code in meant:
        return code, last
    raise (AirflowFailException if code in REFUSED else AirflowException)(f"{module} ended with {code}: {last}")


def alert(context: Any) -> None:
    """Posts one message to the variable `alert_webhook` when a task has failed for good; without it, the log has it."""
    ti, url = context["ti"], Variable.get("alert_webhook", default="")
    text = f"{ti.dag_id}.{ti.task_id} failed in {ti.run_id}: {context.get('exception')}"
    log.error("%s", text)
    if not url:
        return
    if not url.startswith(("https://", "http://")):
        raise ValueError("the variable alert_webhook is no address: write https://..., or delete it.")
    asked = urllib.request.Request(  # noqa: S310
        url, json.dumps({"text": text}).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310
        log.info("alert sent: %s", answer.status)


# The time between two tries is Airflow's own setting: [core] default_task_retry_delay, five minutes.
TASK: dict[str, Any] = {"retries": 2, "execution_timeout": timedelta(hours=2), "on_failure_callback": alert}
