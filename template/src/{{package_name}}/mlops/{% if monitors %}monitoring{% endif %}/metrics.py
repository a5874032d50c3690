"""The numbers that alerts and the dashboard read: in a file, and on a Pushgateway where there is one."""

import os
from http.client import HTTPException
from typing import Any

from prometheus_client import CollectorRegistry, Gauge, push_to_gateway, write_to_textfile

from ..core.atomic import replacing
from ..core.errors import Refusal
from ..core.untrusted_text import address, reason
from .settings import DRIFT, FOLDER, VERDICTS


def gather(report: dict[str, Any]) -> CollectorRegistry:
    """Returns the numbers that alerts and the dashboard read, under their Prometheus names."""
    registry = CollectorRegistry()

    def gauge(name: str, text: str, values: dict[Any, float], *labels: str) -> None:
        found = Gauge(f"monitoring_{name}", text, labels, registry=registry)
        for key, value in values.items():
            (found.labels(*key) if key else found).set(value)

    drift, performance = report["drift"], report["performance"]
    distances = {(name,): row["distance"] for name, row in (drift["predictions"] | drift["features"]).items()}
    newest = performance["windows"][0].get("metrics", {}) if performance and performance["windows"] else {}
    gaps = {
        (name, by): gap["gap"]
        for by, found in (performance or {}).get("fairness", {}).items()
        for name, gap in found.items()
        if name != "groups"
    }
    gauge("exit_code", "0 fine, 10 drift, 11 performance lost, 12 bad data.", {(): report["exit_code"]})
    gauge("last_run_timestamp_seconds", "When the monitor ran last.", {(): report["timestamp"]})
    gauge("predictions", "Predictions looked at.", {(): report["rows"]})
    gauge("labels", "Predictions whose label is known.", {(): performance["labels"] if performance else 0})
    kinds = {(kind,): sum(f["code"] == code for f in report["findings"]) for code, kind in VERDICTS.items() if code}
    gauge("findings", "Sentences that the monitor had to say.", kinds, "kind")
    gauge("drift_share", "Share of the features that drifted.", {(): drift["share"]})
    gauge(
        "drift_detected",
        "1 if features or predictions drifted.",
        {(): any(f["code"] == DRIFT for f in report["findings"])},
    )
    gauge("drift_distance", "Share of rows that moved.", distances, "column")
    gauge("performance", "Metrics on the newest late labels.", {(n,): r["value"] for n, r in newest.items()}, "metric")
    gauge("fairness_gap", "Gaps between groups on the newest late labels.", gaps, "measure", "by")
    return registry


def save(report: dict[str, Any]) -> None:
    """Writes them to `metrics.prom`."""
    with replacing(FOLDER / "metrics.prom") as beside:
        write_to_textfile(str(beside), gather(report))


def push(report: dict[str, Any]) -> None:
    """Sends the numbers to the Pushgateway that `PUSHGATEWAY_URL` names; without it, nowhere.

    Raises:
        Refusal: It does not take them.
    """
    gateway, key = os.environ.get("PUSHGATEWAY_URL"), {"model": report["model"]}
    if gateway:
        try:
            push_to_gateway(gateway, job="monitor", registry=gather(report), grouping_key=key, timeout=10)
        except (OSError, HTTPException) as failed:
            gateway, error = address(gateway), reason(failed, gateway)
            raise Refusal(f"the Pushgateway at {gateway} took no metrics ({error}): check PUSHGATEWAY_URL.") from None
