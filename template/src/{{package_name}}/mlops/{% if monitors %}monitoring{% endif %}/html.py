"""What a run leaves: `report.json` for machines; for people `index.html`, which leads to all reports that exist."""

import os
from typing import Any

from ..core import html_page, untrusted_text
from ..core.atomic import write
from ..core.paths import CARD, DATA_DOCS, EVALUATION, PLOTS
from ..core.untrusted_text import html
from .settings import FOLDER, VERDICTS

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
th[scope=row] { white-space: nowrap; } tr.alarm { font-weight: 600; }
.n { text-align: right; font-variant-numeric: tabular-nums; }
a { color: LinkText; } a:visited { color: VisitedText; }
"""


def _table(caption: str, head: list[str], rows: list[tuple[bool, list[str]]]) -> str:
    """Returns a table; a row that is an alarm says so in its last column, for a colour alone says nothing to some."""
    names = "".join(f'<th scope="col"{_number(n)}>{html(name)}</th>' for n, name in enumerate(head))
    body = "".join(
        f"<tr{' class=alarm' if alarm else ''}>"
        + f'<th scope="row">{html(cells[0])}</th>'
        + "".join(f"<td{_number(n)}>{html(cell)}</td>" for n, cell in enumerate(cells[1:], 1))
        + f"<td>{'alarm' if alarm else ''}</td></tr>"
        for alarm, cells in rows
    )
    return (
        f'<h2>{html(caption)}</h2><div class=scroll tabindex=0 role=region aria-label="{html(caption)}">'
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
    verdict = "not judged" if not report["findings"] and report["drift"]["too_few"] else VERDICTS[report["exit_code"]]
    said = "".join(f"<li>{html(row['sentence'])}</li>" for row in report["findings"])
    said += "".join(f"<li>{html(note)}</li>" for note in report["notes"])
    links = "".join(
        f'<li><a href="{html(os.path.relpath(path, FOLDER).replace(os.sep, "/"))}">{html(path.as_posix())}</a>, '
        f"{text}</li>"
        for path, text in LINKS.items()
        if path.exists() or path.parent == FOLDER
    )
    title = f"{report['model']}: {verdict}"
    return (
        f'<!doctype html><html lang="en"><head>{html_page.head(title, STYLE)}</head><body><main><h1>{html(title)}</h1>'
        f'<div class="verdict{" alarm" if report["exit_code"] else ""}"><p>{report["rows"]:,} predictions, looked at '
        f"on {report['time']}.</p><ul>{said}</ul></div>"
        f"<nav aria-label=Reports><h2>Reports</h2><ul>{links}</ul></nav>{_tables(report)}</main></body></html>\n"
    )


def save(report: dict[str, Any]) -> None:
    """Writes the page and the JSON."""
    write(FOLDER / "report.json", untrusted_text.as_json(report, indent=2) + "\n")
    write(FOLDER / "index.html", index(report))
