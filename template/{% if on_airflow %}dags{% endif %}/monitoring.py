"""Watches the model every day: `make monitor`. Drift or lost performance updates the asset that retraining waits for."""

import os
from datetime import UTC, datetime

from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowSkipException
from assets import WORN
from calling import TASK, call

DRIFT, LOST = 10, 11


@dag(
    schedule="41 4 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args=TASK,
)
def monitoring() -> None:
    """Predictions against the reference and late labels."""

    @task
    def monitor() -> int:
        return call("monitor", "--since", os.environ.get("SINCE") or "7d", meant=(DRIFT, LOST))

    @task(outlets=[WORN])
    def worn(code: int) -> None:
        # A skipped task updates no asset.
        if code == 0:
            raise AirflowSkipException("fine: nothing to retrain")

    worn(monitor())


monitoring()
