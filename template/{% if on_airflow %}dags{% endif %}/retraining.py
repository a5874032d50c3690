"""Retrains every month, and whenever the monitor says so: `make retrain`."""

from datetime import timedelta
from typing import Any

from airflow.sdk import dag, task
from airflow.timetables.assets import AssetOrTimeSchedule
from airflow.timetables.trigger import CronTriggerTimetable
from assets import WORN
from calling import TASK, call

# Without a start date, and with no time to look back, switching the DAG on makes up for no month that has passed.
MONTHLY = CronTriggerTimetable("23 3 1 * *", timezone="UTC", run_immediately=timedelta(0))


@dag(
    schedule=AssetOrTimeSchedule(timetable=MONTHLY, assets=[WORN]),
    catchup=False,
    max_active_runs=1,
    default_args=TASK,
)
def retraining() -> None:
    """New data, new challenger, promoted or refused by the gates."""

    @task
    def retrain(run_id: str | None = None, triggering_asset_events: Any = None) -> str:
        found = [event.extra.get("reason", "by hand") for event in triggering_asset_events.get(WORN, ())]
        return call("mlops.retraining.retrain", "--why", "; ".join([*found, str(run_id)]))[1]

    retrain()


retraining()
