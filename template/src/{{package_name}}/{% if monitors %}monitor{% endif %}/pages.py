"""What a run leaves: `report.json` for machines, `metrics.prom` for Prometheus, `index.html` for people."""

import json
import os
from html import escape
from typing import Any

from prometheus_client import CollectorRegistry, Gauge, push_to_gateway, write_to_textfile

from ..paths import CARD, DATA_DOCS, EVALUATION, PLOTS
from ..stage import Refusal, replacing, write
from .settings import FOLDER

VERDICTS = {0: "fine", 10: "drift", 11: "performance lost", 12: "bad data"}
LINKS = {
    FOLDER / "drift.html": "drift of every feature and of the predictions, drawn by Evidently",
    FOLDER / "report.json": "all numbers of this page, and more",
    FOLDER / "drift.json": "Evidently's numbers",
    FOLDER / "metrics.prom": "what Prometheus gets",
    DATA_DOCS / "index.html": "the training data against the contract",
    PLOTS / "overview.png": "evaluation in pictures",
    EVALUATION: "evaluation in numbers: metrics, gates, fairness, slices",
    CARD: "the model in words",
}
STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.verdict { border-left: .5rem solid #2e7d32; padding: .25rem 1rem; } .alarm.verdict { border-color: #c62828; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; min-width: 60%; }
th, td { padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8886; text-align: left; }
.n { text-align: right; font-variant-numeric: tabular-nums; } tr.alarm { font-weight: 600; }
a { color: LinkText; } a:visited { color: VisitedText; }
"""


def _table(caption: str, head: list[str], rows: list[tuple[bool, list[str]]]) -> str:
    """Returns a table; a row that is an alarm says so in its last column, for a colour alone says nothing to some."""
    names = "".join(f'<th scope="col"{_number(n)}>{escape(name)}</th>' for n, name in enumerate(head))
    body = "".join(
        f"<tr{' class=alarm' if alarm else ''}>"
        + f'<th scope="row">{escape(cells[0])}</th>'
        + "".join(f"<td{_number(n)}>{escape(cell)}</td>" for n, cell in enumerate(cells[1:], 1))
        + f"<td>{'beyond' if alarm else ''}</td></tr>"
        for alarm, cells in rows
    )
    return (
        f'<h2>{escape(caption)}</h2><div class=scroll tabindex=0 role=region aria-label="{escape(caption)}">'
        f"<table><thead><tr>{names}<th scope=col>verdict</th></tr></thead><tbody>{body}</tbody></table></div>"
    )


def _number(place: int) -> str:
    return " class=n" if place else ""


def _tables(report: dict[str, Any]) -> str:
    drift, quality, performance = report["drift"], report["quality"], report["performance"]
    moved = [
        (row["drifted"], [name, f"{row['distance']:.3f}", f"{row['allowed']:.3f}"])
        for name, row in (drift["predictions"] | drift["features"]).items()
    ]
    kept = [
        (row["alarm"], [name, *(f"{row[key]:.2%}" for key in ("missing", "missing_allowed", "bad", "bad_allowed"))])
        for name, row in quality["columns"].items()
    ]
    found = _table("Drift: the share of rows that moved", ["column", "moved", "allowed"], moved)
    if performance and performance["windows"]:
        names = list(performance["evaluation"])
        rows = [(False, ["evaluation", "", *(f"{performance['evaluation'][name]:.4f}" for name in names)])]
        rows += [
            (
                row["alarm"],
                [row["period"], f"{row['labels']:,}"]
                + [f"{row['metrics'][name]['value']:.4f}" if "metrics" in row else "too few" for name in names],
            )
            for row in performance["windows"]
        ]
        found += _table("Performance on late labels", ["period", "labels", *names], rows)
    return found + _table(
        "Data against the contract", ["column", "missing", "allowed", "outside limits", "allowed"], kept
    )


def index(report: dict[str, Any]) -> str:
    """Returns the page that a person opens first: verdict, numbers, links to all reports that there are."""
    verdict = VERDICTS[report["exit_code"]]
    said = "".join(f"<li>{escape(row['sentence'])}</li>" for row in report["findings"])
    said += "".join(f"<li>{escape(note)}</li>" for note in report["notes"])
    links = "".join(
        f'<li><a href="{escape(os.path.relpath(path, FOLDER).replace(os.sep, "/"))}">{escape(path.as_posix())}</a>, '
        f"{text}</li>"
        for path, text in LINKS.items()
        if path.exists() or path.parent == FOLDER
    )
    title = f"{report['model']}: {verdict}"
    return (
        f'<!doctype html><html lang=en><head><meta charset=utf-8><meta name=viewport content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main><h1>{escape(title)}</h1>"
        f'<div class="verdict{" alarm" if report["exit_code"] else ""}"><p>{report["rows"]:,} predictions, looked at '
        f"on {report['time']}.</p><ul>{said}</ul></div>{_tables(report)}"
        f"<h2>Reports</h2><ul>{links}</ul></main></body></html>\n"
    )


def gauges(report: dict[str, Any]) -> CollectorRegistry:
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
    gauge("drift_share", "Share of the features that drifted.", {(): drift["share"]})
    gauge(
        "drift_detected",
        "1 if features or predictions drifted.",
        {(): any(f["code"] == 10 for f in report["findings"])},
    )
    gauge("drift_distance", "Share of rows that moved.", distances, "column")
    gauge("performance", "Metrics on the newest late labels.", {(n,): r["value"] for n, r in newest.items()}, "metric")
    gauge("fairness_gap", "Gaps between groups on the newest late labels.", gaps, "measure", "by")
    return registry


def save(report: dict[str, Any]) -> None:
    """Writes the reports."""
    write(FOLDER / "report.json", json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    with replacing(FOLDER / "metrics.prom") as beside:
        write_to_textfile(str(beside), gauges(report))
    write(FOLDER / "index.html", index(report))


def push(report: dict[str, Any]) -> None:
    """Sends the numbers to the Pushgateway that `PUSHGATEWAY_URL` names; without it, nowhere.

    Raises:
        Refusal: It does not take them.
    """
    gateway, key = os.environ.get("PUSHGATEWAY_URL"), {"model": report["model"]}
    if gateway:
        try:
            push_to_gateway(gateway, job="monitor", registry=gauges(report), grouping_key=key, timeout=10)
        except OSError as error:
            raise Refusal(f"the Pushgateway at {gateway} took no metrics ({error}): check PUSHGATEWAY_URL.") from None
