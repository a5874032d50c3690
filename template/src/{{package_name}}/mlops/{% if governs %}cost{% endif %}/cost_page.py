"""The page that shows what the pipeline costs: `reports/cost.html`."""

from collections.abc import Sequence
from typing import Any

from ..core import html_page
from ..core.untrusted_text import html

MB = 1e6
STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse;margin:1rem 0}th,td{padding:.3rem .8rem;border-bottom:1px solid #ddd;"
    "text-align:right}th:first-child,td:first-child{text-align:left}"
)


def money(amount: float | None, currency: str) -> str:
    """Returns an amount with four significant digits."""
    return "" if amount is None else f"{amount:.4g} {currency}"


def sentence(found: dict[str, Any]) -> str:
    """Says what a run of all stages costs, and how that compares."""
    said = f"a run of all stages costs {money(found['run'], found['currency'])}"
    if found["former"]:
        said += f", {found['run'] / found['former'] - 1:+.0%} against the run before"
    return f"{said}, a month is expected to cost {money(sum(found['month'].values()), found['currency'])}"


def table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Returns an HTML table."""
    head = "".join(f"<th>{html(each)}</th>" for each in headers)
    body = "".join("<tr>" + "".join(f"<td>{html(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _megabytes(size: int | None) -> str:
    return "not told" if size is None else f"{size / MB:,.0f}"


def render(found: dict[str, Any]) -> str:
    """Returns the page of a report, as `cost.report` gives it."""
    currency, listed = found["currency"], found["prices"]
    stages = [
        [
            name,
            f"{used['wall_seconds']:.1f}",
            f"{used['cpu_seconds']:.1f}",
            _megabytes(used["peak_bytes"]),
            _megabytes(used["read_bytes"]),
            _megabytes(used["written_bytes"]),
            money(used["cost"], currency),
            ("ran" if used["ran"] else "did not run again") + ("" if used["finished"] else ", refused or failed"),
        ]
        for name, used in found["stages"].items()
    ]
    facts = [
        ["a run of all stages", money(found["run"], currency)],
        ["the run before", money(found["former"], currency) or "none"],
        ["making the model, without registering it", money(found["making"], currency)],
        ["what that may cost (cost.budget)", money(found["budget"], currency) or "not limited"],
        ["1,000 predictions", money(found["thousand_predictions"], currency) or "nothing is served"],
    ]
    months = [[name, money(cost, currency)] for name, cost in found["month"].items()]
    months.append(["in all", money(sum(found["month"].values()), currency)])
    sources = [
        [name.replace("_", " "), money(row["price"], currency), row["source"]]
        for name, row in listed.items()
        if isinstance(row, dict)
    ]
    used = ("stage", "seconds", "seconds of a core", "peak MB", "MB read", "MB written", "cost", "in the last run")
    parts = {
        "": f"<p>{html(sentence(found))}.</p>" + table(("", "cost"), facts),
        "Stages": table(used, stages),
        "A month": table(("", "cost"), months) + f"<p>Stored: {_megabytes(found['stored_bytes'])} MB.</p>",
        f"Prices of {listed['date']}": table(("", "price", "source"), sources),
    }
    body = "".join((f"<h2>{html(title)}</h2>" if title else "") + text for title, text in parts.items())
    head = html_page.head("Cost", STYLE)
    return f'<!doctype html><html lang="en"><head>{head}</head><body><h1>Cost</h1>{body}</body></html>\n'
