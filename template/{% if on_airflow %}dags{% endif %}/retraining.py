"""Retrains every week, and whenever the monitor says so: `make retrain`."""

from datetime import UTC, datetime

from airflow.sdk import dag, task
from airflow.timetables.assets import AssetOrTimeSchedule
from airflow.timetables.trigger import CronTriggerTimetable
from assets import WORN
from calling import TASK, call


@dag(
    schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable("17 5 * * 1", timezone="UTC"), assets=[WORN]),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args=TASK,
)
def retraining() -> None:
    """New data, new challenger, promoted or refused by the gates."""

    @task
    def retrain(run_id: str | None = None) -> None:
        call("retrain", "--why", f"airflow: {run_id}")

    retrain()


retraining()
