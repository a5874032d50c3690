"""The parts of the model card: its metadata block, and what it says of data and fairness."""

from typing import Any

import yaml
from tabulate import tabulate

from .contract import Column, Contract
from .foreign import markdown

TASKS = {"binary": "tabular-classification", "multiclass": "tabular-classification", "regression": "tabular-regression"}


def table(rows: list[list[Any]], headers: list[str]) -> str:
    """Returns a Markdown table; its texts may be of data."""
    shown = [[markdown(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
    return tabulate(shown, headers, tablefmt="github", floatfmt=".4f", disable_numparse=False)


def metadata(report: dict[str, Any], registration: dict[str, Any], sources: str) -> str:
    """Returns the YAML block at the top of the card."""
    name, rows = registration["model"], report["metrics"].items()
    task = {"type": TASKS[report["problem"]]}
    dataset = {
        "name": f"{name} held-out rows",
        "type": "private",
        "split": "test",
        "revision": registration["data_hash"],
    }
    results = [{"type": metric, "value": row["value"], "name": metric} for metric, row in rows]
    block = {
        "library_name": "sklearn",
        "tags": ["tabular", "skops", report["problem"]],
        "pipeline_tag": task["type"],
        "model-index": [{"name": name, "results": [{"task": task, "dataset": dataset, "metrics": results}]}],
        "model_hash": report["model_hash"],
        "sources": sources,
    }
    return f"---\n{yaml.safe_dump(block, sort_keys=False, allow_unicode=True)}---\n"


def _limits(column: Column) -> str:
    if column.categories:
        return ", ".join(map(str, column.categories))
    if column.minimum is None and column.maximum is None:
        return ""
    return (
        f"{'' if column.minimum is None else column.minimum:g} to {'' if column.maximum is None else column.maximum:g}"
    )


def data(found: Contract, rows: int) -> str:
    """Describes the data by their contract."""
    listed = [
        [
            c.name,
            c.kind,
            _limits(c),
            f"{c.missing:.0%}",
            ", ".join(type(role).__name__ for role in c.roles) or ("feature" if c.is_feature else ""),
        ]
        for c in found.columns
    ]
    left_out = f"\n\nLeft out of the source: {', '.join(map(markdown, found.left_out))}." if found.left_out else ""
    listing = table(listed, ["column", "type", "allowed", "may be missing", "role"])
    return f"{rows:,} rows, validated against the contract.\n\n{listing}{left_out}"


def fairness(report: dict[str, Any]) -> str:
    """Lists the groups of each sensitive column and the gaps between them."""
    parts = []
    for by, found in report["fairness"].items():
        gaps = [
            f"{k} {v['gap']:.3f} (95 % interval {v['low']:.3f} to {v['high']:.3f})"
            for k, v in found.items()
            if k != "groups"
        ]
        groups = found["groups"]
        listing = table([list(row.values()) for row in groups], list(groups[0]))
        parts.append(f"By {markdown(by)}: {', '.join(gaps) or 'groups too small to compare'}.\n\n{listing}")
    return "\n\n".join(parts) or "The contract marks no column as sensitive, so nothing was measured."
