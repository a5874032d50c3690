"""Retrains every month, and whenever the monitor says so: `make retrain`."""

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import dag, task
from airflow.timetables.assets import AssetOrTimeSchedule
from airflow.timetables.trigger import CronTriggerTimetable
from assets import WORN
from calling import TASK, call


@dag(
    schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable("23 3 1 * *", timezone="UTC"), assets=[WORN]),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args=TASK,
)
def retraining() -> None:
    """New data, new challenger, promoted or refused by the gates."""

    @task
    def retrain(run_id: str = "", triggering_asset_events: Any = None) -> str:
        events = triggering_asset_events.get(WORN, ())
        return call("retrain", "--why", "; ".join([*(event.extra["reason"] for event in events), run_id]))[1]

    retrain()


retraining()
