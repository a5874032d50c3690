"""Writes `reports/explore.html`: what is in the data, and how each column goes with the target, before any training.

The columns one by one and their associations are skrub's report: https://skrub-data.org/stable/reference/table_report.html
"""

import importlib
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..contract.columns import Contract
from ..core import html_page
from ..core.atomic import write
from ..core.errors import Refusal, UsageError
from ..core.paths import EXPLORATION as PAGE
from ..core.untrusted_text import NAME, html, visible
from ..validation import leakage
from .model_card import role_names

MAX_ROWS = 100_000  # that are looked at, drawn at random
MOST_CLASSES = 10
MAX_COLUMNS = 100  # of which distributions are drawn and associations computed
SCRIPTS = 2  # that skrub's page has; one more would come from the data
STYLE = (
    ".own{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:1rem auto;padding:0 1rem}"
    ".own table{border-collapse:collapse;width:100%}.own .scroll{overflow-x:auto}"
    ".own th,.own td{text-align:left;padding:.25rem .8rem .25rem 0;border-bottom:1px solid #8884}"
    ".own meter{width:10rem}"
)


def drawn(table: pa.Table, seed: int) -> pa.Table:
    """Draws at most `MAX_ROWS` rows, in their order."""
    if len(table) <= MAX_ROWS:
        return table
    return table.take(pa.array(np.sort(np.random.default_rng(seed).choice(len(table), MAX_ROWS, replace=False))))


def _target(table: pa.Table, contract: Contract) -> str:
    """Returns how the target is distributed, in a sentence."""
    target = contract.target.name
    if contract.problem == "regression":
        low, middle, high = pc.quantile(table[target].cast(pa.float64(), safe=False), [0, 0.5, 1]).to_pylist()
        return f"{target}: {low:g} to {high:g}, half of them above {middle:g}"
    counts = sorted(table[target].value_counts().to_pylist(), key=lambda row: -row["counts"])
    shown = [f"{row['values']} {row['counts'] / len(table):.1%}" for row in counts[:MOST_CLASSES]]
    return f"{target}: {', '.join(shown)}{' and others' if len(counts) > MOST_CLASSES else ''}"


def _overview(table: pa.Table, rows: int, contract: Contract, seed: int) -> str:
    """Returns the columns with what each alone tells of the target, the most telling first."""
    scores = leakage.scores(table, contract, seed)
    columns = sorted(contract.columns, key=lambda column: -scores.get(column.name, -1.0))
    lines = []
    for column in columns:
        missing, score = table[column.name].null_count / max(len(table), 1), scores.get(column.name)
        told = "" if score is None else f'<meter min="0" max="1" value="{score:.3f}"></meter> {score:.2f}'
        read = table.schema.field(column.name).type == column.arrow
        kind = html(column.kind) if read else f"<b>not all {html(column.kind)}</b>"
        cells = (html(column.name), kind, html(role_names(column)), f"{missing:.1%}" if missing else "", told)
        lines.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    seen = f"{len(table):,} of {rows:,} rows, drawn at random" if len(table) < rows else f"All {rows:,} rows"
    target, left_out = html(contract.target.name), html(", ".join(contract.left_out))
    out = f"<p>Left out, for the reasons in schema.py: {left_out}.</p>" if left_out else ""
    heads = "".join(f"<th>{head}</th>" for head in ("column", "kind", "role", "missing", f"alone predicts {target}"))
    return (
        f'<div class="own"><style>{STYLE}</style><h1>The data, before any training</h1><p>{seen}. '
        "A score of 0 is chance, 1 is certain: a small tree on that column alone, cross-validated on at most "
        f"{leakage.MAX_ROWS:,} rows; `train` refuses what gives the target away.</p>{out}"
        f"<p>{html(_target(table, contract))}.</p>"
        f'<div class="scroll"><table><tr>{heads}</tr>{"".join(lines)}</table></div></div>'
    )


def render(table: pa.Table, contract: Contract, seed: int) -> Path:
    """Writes the page.

    Args:
        table: All rows, in the types of the contract.
        contract: The columns.
        seed: For the rows that are drawn.

    Raises:
        UsageError: skrub is not installed.
        Refusal: The page has a script that is not skrub's.
    """
    try:
        skrub = importlib.import_module("skrub")
    except ModuleNotFoundError:
        raise UsageError("skrub is not installed: run `make explore`, which brings it.") from None
    rows = drawn(table, seed)
    frame = rows.select([column.name for column in contract.columns]).to_pandas()
    frame.columns = [visible(name, NAME) for name in frame.columns]
    few = len(frame.columns) <= MAX_COLUMNS
    report = skrub.TableReport(frame, title="", verbose=0, plot_distributions=few, compute_associations=few)
    page = report.html().replace("<body>", f"<body>{_overview(rows, len(table), contract, seed)}", 1)
    scripts = re.findall(r"(?s)<script[^>]*>(.*?)</script>", page)
    if len(scripts) != SCRIPTS:
        raise Refusal(f"the report of skrub has {len(scripts)} scripts, {SCRIPTS} are its own: report it as a bug.")
    write(PAGE, html_page.secured(page, scripts))
    return PAGE
