"""Stage `card`: writes `MODEL_CARD.md` from what the run left; `--check` refuses a committed card that is stale.

The metadata block at the top is the one that Hugging Face's hub reads.
"""

import argparse
import hashlib
import json
import logging
import platform
from importlib.metadata import version
from typing import Any

import yaml
from tabulate import tabulate

from . import contract, params
from .contract import Column, Contract
from .paths import CARD, EVALUATION, INTENDED_USE, METRICS, RECORD, REGISTRATION, VALIDATION
from .stage import Refusal, run, write

TASKS = {"binary": "tabular-classification", "multiclass": "tabular-classification", "regression": "tabular-regression"}
LIBRARIES = ("scikit-learn", "pandas", "numpy", "skops", "mlflow", "dvc", "great-expectations", "fairlearn")
WORST_SLICES = 8
log = logging.getLogger(__name__)


def _json(path: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _table(rows: list[list[Any]], headers: list[str]) -> str:
    escaped = [[cell.replace("|", "\\|") if isinstance(cell, str) else cell for cell in row] for row in rows]
    return tabulate(escaped, headers, tablefmt="github", floatfmt=".4f", disable_numparse=False)


def sources() -> str:
    """Returns a hash of the committed files that a card is written from; a card that carries another one is stale."""
    digest = hashlib.sha256()
    for path in (METRICS, INTENDED_USE):
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


def metadata(report: dict[str, Any], registration: dict[str, Any]) -> str:
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
        "sources": sources(),
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


def data_section(found: Contract, rows: int) -> str:
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
    left_out = f"\n\nLeft out of the source: {', '.join(found.left_out)}." if found.left_out else ""
    table = _table(listed, ["column", "type", "allowed", "may be missing", "role"])
    return f"{rows:,} rows, validated against the contract.\n\n{table}{left_out}"


def fairness_section(report: dict[str, Any]) -> str:
    """Lists the groups of each sensitive column and the gaps between them."""
    parts = []
    for by, found in report["fairness"].items():
        gaps = [
            f"{k} {v['gap']:.3f} (95 % interval {v['low']:.3f} to {v['high']:.3f})"
            for k, v in found.items()
            if k != "groups"
        ]
        groups = found["groups"]
        table = _table([list(row.values()) for row in groups], list(groups[0]))
        parts.append(f"By {by}: {', '.join(gaps) or 'groups too small to compare'}.\n\n{table}")
    return "\n\n".join(parts) or "The contract marks no column as sensitive, so nothing was measured."


def render() -> str:
    """Renders the card from the outputs of the pipeline."""
    report, registration, record = _json(EVALUATION), _json(REGISTRATION), _json(RECORD)
    found, chosen = contract.load(), params.load()
    scores = [
        [name, row["value"], f"{row['low']:.4f} to {row['high']:.4f}", report["baseline"][name]]
        for name, row in report["metrics"].items()
    ]
    checks = [
        [gate["name"], "passed" if gate["passed"] else "failed", gate["sentence"].split(":")[0]]
        for gate in report["gates"]
    ]
    worst = [list(row.values()) for row in report["slices"][:WORST_SLICES]]
    facts = [
        ["predicts", f"{found.target.name} ({found.problem})"],
        ["model", f"{record['family']}, {json.dumps(chosen.train.hyperparameters)}"],
        ["registered as", f"{registration['model']} version {registration['version']}"],
        ["MLflow run", registration["run_id"]],
        ["model hash (SHA-256)", registration["model_hash"]],
        ["data hash (MD5, as in DVC)", registration["data_hash"]],
        [
            "git commit",
            registration["git_commit"] + (" with uncommitted changes" if registration["git_dirty"] == "true" else ""),
        ],
        ["trained on", f"{record['rows']:,} rows, Python {record['python']}"],
    ]
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    sections = {
        "": _table(facts, ["", ""]),
        "Use": INTENDED_USE.read_text(encoding="utf-8").strip(),
        "Metrics": f"On {report['rows']:,} held-out rows.\n\n"
        + _table(scores, ["metric", "value", "95 % interval", "dummy baseline"]),
        "Gates": _table(checks, ["gate", "verdict", "measured and allowed"]),
        "Weakest slices": _table(worst, list(report["slices"][0]))
        if worst
        else "No slice was large enough to measure.",
        "Fairness": fairness_section(report),
        "Data": data_section(found, _json(VALIDATION)["rows"]),
        "Environment": f"{libraries}; Python {platform.python_version()}.",
    }
    body = "\n\n".join(
        (f"## {title}\n\n" if title else f"# {registration['model']}\n\n") + text for title, text in sections.items()
    )
    note = "<!-- Written by the stage `card`; change docs/intended-use.md, not this file. -->"
    return f"{metadata(report, registration)}{note}\n\n{body}\n"


def check() -> None:
    """Compares the committed card with the committed metrics and texts.

    Raises:
        Refusal: There is no card, or it was written from others.
    """
    text = CARD.read_text(encoding="utf-8") if CARD.exists() else ""
    if not METRICS.exists() and not text:
        log.info("no model was committed yet: nothing to check")
        return
    if f"sources: {sources()}\n" not in text:
        raise Refusal(
            f"{CARD} is stale: it was not written from this {METRICS} and {INTENDED_USE}; `make run`, and commit it."
        )
    log.info("%s is up to date", CARD)


def main() -> None:
    """Runs the stage, or with --check only compares."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--check", action="store_true", help="refuse a card that is stale; write nothing")
    if parser.parse_args().check:
        check()
        return
    write(CARD, render())
    registration, report = _json(REGISTRATION), _json(EVALUATION)
    numbers = ", ".join(f"{name} {row['value']:.4f}" for name, row in report["metrics"].items())
    log.info("model    %s version %s\nmetrics  %s", registration["model"], registration["version"], numbers)
    log.info(
        "card     %s\nreports  reports/data_docs/index.html, reports/plots/overview.png, reports/evaluation.json", CARD
    )


if __name__ == "__main__":
    run(main)
