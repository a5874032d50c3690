"""Writes `reports/index.html`: the last run on one page, for a person. It is one file, and loads nothing.

Its layout is `docs/report.html.j2`. It shows values of the data, as the other files of `reports/` may.
"""

import base64
import json
import os
from pathlib import Path
from typing import Any

from ..contract import notes
from ..contract.columns import Contract
from ..core import html_page, params
from ..core.atomic import write
from ..core.errors import UsageError
from ..core.paths import (
    AUDIT,
    CARD,
    COST,
    DATA_DOCS,
    DATASET,
    EVALUATION,
    EXPLORATION,
    PLOTS,
    RECORD,
    REGISTRATION,
    REPORT,
    REPORT_PAGE,
    VALIDATION,
    VERDICT,
)
from ..core.untrusted_text import html
from ..governance import audit_log
from . import jinja_page
from .worst_rows import worst_rows

PICTURES = {"overview": PLOTS / "overview.png", "experiments": Path("reports/experiments.png")}
MONITORING = Path("reports/monitoring")
# What the page links to, where it is there.
LINKS = {
    DATA_DOCS / "index.html": "the data: each expectation, and what was found",
    EXPLORATION: "the data before any training, column by column",
    CARD: "the model card",
    Path("reports/cost.html"): "what it costs",
    MONITORING / "index.html": "what the service has seen since",
    EVALUATION: "all numbers of this page, and more",
}


def _linked(path: Path) -> bool:
    return _of_these_data(path) if path == EXPLORATION else path.exists()


class Html(str):
    """Text that is HTML already; the page escapes any other that it shows."""


def _shown(value: Any) -> Any:
    return value if isinstance(value, Html | int | float) else html(value)


def _number(value: Any) -> Any:
    return "" if value is None else f"{value:.4f}" if isinstance(value, float) else value


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _read(path: Path) -> dict[str, Any]:
    """Reads a report; one that is not there is empty."""
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}
    except ValueError:
        raise UsageError(f"{path} is damaged: `make run` writes it again, after `rm {path}`.") from None


def _of_these_data(path: Path) -> bool:
    """Whether a file is there and younger than the data set, so that it is not about other data."""
    return path.exists() and (not DATASET.exists() or path.stat().st_mtime >= DATASET.stat().st_mtime)


def _picture(path: Path) -> str:
    if path.parent != PLOTS and not _of_these_data(path):
        return ""
    return f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}" if path.exists() else ""


def standing(report: dict[str, Any], stopped: dict[str, Any]) -> str:
    """Says what became of the model: refused, champion, or waiting."""
    if stopped:
        return "stopped"
    present = audit_log.chosen(audit_log.entries(), params.load().register_.model_name) if AUDIT.exists() else None
    return "champion" if present and present.get("model_hash") == report["model_hash"] else "passed"


def values(contract: Contract) -> dict[str, Any]:
    """Returns what the page may show."""
    report, record, validation = _read(EVALUATION), _read(RECORD), _read(VALIDATION)
    stopped, folder = _read(VERDICT), REPORT.parent
    return {
        "head": Html(html_page.head(params.load().register_.model_name, "")),
        "model": params.load().register_.model_name,
        "standing": standing(report, stopped),
        "stopped": stopped,
        "report": report,
        "record": record,
        "registration": _read(REGISTRATION),
        "validation": validation,
        "cost": _read(COST),
        "monitoring": _read(MONITORING / "report.json"),
        "notes": notes.of_run(validation, record, report),
        "contract": contract,
        "params": params.load(),
        "pictures": {name: _picture(path) for name, path in PICTURES.items()},
        "worst": worst_rows(report, contract),
        "links": [(os.path.relpath(path, folder), said) for path, said in LINKS.items() if _linked(path)],
    }


def render(contract: Contract) -> Path | None:
    """Writes the page; returns its path, or None where no model was evaluated yet.

    Raises:
        UsageError: The layout can't be rendered.
    """
    if not EVALUATION.exists():
        return None
    write(REPORT, jinja_page.render(REPORT_PAGE, values(contract), _shown, {"number": _number, "percent": _percent}))
    return REPORT
