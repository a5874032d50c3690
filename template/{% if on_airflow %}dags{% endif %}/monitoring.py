"""Watches the model every day: `make monitor`. What it finds updates the asset that retraining waits for."""

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import Metadata, Variable, dag, task
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
    def monitor() -> tuple[int, str]:
        return call("mlops.monitoring", "--since", str(Variable.get("since", default="7d")), meant=(DRIFT, LOST))

    @task(outlets=[WORN])
    def worn(found: tuple[int, str]) -> Any:
        code, sentence = found
        if code == 0:  # a skipped task updates no asset
            raise AirflowSkipException("fine: nothing to retrain")
        yield Metadata(WORN, {"reason": sentence})

    worn(monitor())


monitoring()
