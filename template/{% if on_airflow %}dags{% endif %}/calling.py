"""Runs a verb of the project in the project's own environment, and says what its exit code means to Airflow."""

import json
import logging
import os
import subprocess
import urllib.request
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk.exceptions import AirflowException, AirflowFailException

ROOT = Path(os.environ.get("PROJECT_ROOT") or Path(__file__).resolve().parents[1])
# A gate refuses: the same data would be refused again. A 1 may be a lock or a server that was away: that is retried.
REFUSED = frozenset({3, 12})
# Variables of Airflow's environment that would lead uv into it.
FOREIGN = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")
log = logging.getLogger(__name__)


def package() -> str:
    """Returns the name of the project's package."""
    return next(ROOT.glob("src/*/contract.py")).parent.name


def call(module: str, *arguments: str, meant: Sequence[int] = ()) -> int:
    """Runs the command of a verb: not by make, which makes every exit code a 2. Returns 0, or a code that is meant.

    Raises:
        AirflowFailException: A gate refused: not to be retried.
        AirflowException: Anything else, such as a killed process: to be retried.
    """
    env = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    env.setdefault("RETRAIN_EVENT", "airflow")
    command = ["uv", "run", "python", "-m", f"{package()}.{module}", *arguments]
    log.info("%s, in %s", " ".join(command), ROOT)
    code = subprocess.run(command, cwd=ROOT, env=env, check=False).returncode  # noqa: S603
    if code == 0 or code in meant:
        return code
    sentence = f"{module} ended with {code}: its log says what was measured and what to do."
    raise (AirflowFailException if code in REFUSED else AirflowException)(sentence)


def alert(context: Any) -> None:
    """Posts one message to ALERT_WEBHOOK when a task has failed for good; without it, the log has it."""
    ti, url = context["ti"], os.environ.get("ALERT_WEBHOOK", "")
    text = f"{ti.dag_id}.{ti.task_id} failed in {ti.run_id}: {context.get('exception')}"
    log.error("%s", text)
    if not url:
        return
    if not url.startswith(("https://", "http://")):
        raise ValueError("ALERT_WEBHOOK is no http address: write https://..., or leave it out.")
    asked = urllib.request.Request(  # noqa: S310
        url, json.dumps({"text": text}).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310
        log.info("alert sent: %s", answer.status)


TASK: dict[str, Any] = {
    "retries": 2,
    "retry_delay": timedelta(minutes=5),
    "execution_timeout": timedelta(hours=2),
    "on_failure_callback": alert,
}
