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

from . import budget, contract, params, prices, sections, usage
from .paths import CARD, EVALUATION, INTENDED_USE, METRICS, RECORD, REGISTRATION, VALIDATION
from .stage import Refusal, run, write

LIBRARIES = ("scikit-learn", "pandas", "numpy", "skops", "mlflow", "dvc", "great-expectations", "fairlearn")
WORST_SLICES = 8
log = logging.getLogger(__name__)


def _json(path: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def sources() -> str:
    """Returns a hash of the committed files that a card is written from; a card that carries another one is stale."""
    digest = hashlib.sha256()
    for path in (METRICS, INTENDED_USE):
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


def render() -> str:
    """Renders the card from the outputs of the pipeline."""
    report, registration, record = _json(EVALUATION), _json(REGISTRATION), _json(RECORD)
    found, chosen, listed = contract.load(), params.load(), prices.load()
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
        ["cost of making it", f"{budget.making(usage.recorded(), listed):.2g} {listed.currency}, `reports/cost.html`"],
        ["trained on", f"{record['rows']:,} rows, Python {record['python']}"],
    ]
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    parts = {
        "": sections.table(facts, ["", ""]),
        "Use": INTENDED_USE.read_text(encoding="utf-8").strip(),
        "Metrics": f"On {report['rows']:,} held-out rows.\n\n"
        + sections.table(scores, ["metric", "value", "95 % interval", "dummy baseline"]),
        "Gates": sections.table(checks, ["gate", "verdict", "measured and allowed"]),
        "Weakest slices": sections.table(worst, list(report["slices"][0]))
        if worst
        else "No slice was large enough to measure.",
        "Fairness": sections.fairness(report),
        "Data": sections.data(found, _json(VALIDATION)["rows"]),
        "Environment": f"{libraries}; Python {platform.python_version()}.",
    }
    body = "\n\n".join(
        (f"## {title}\n\n" if title else f"# {registration['model']}\n\n") + text for title, text in parts.items()
    )
    note = "<!-- Written by the stage `card`; change docs/intended-use.md, not this file. -->"
    return f"{sections.metadata(report, registration, sources())}{note}\n\n{body}\n"


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
