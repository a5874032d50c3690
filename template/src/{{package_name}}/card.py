"""Stage `card`: writes `MODEL_CARD.md` from what the run left; `--check` renders it again and refuses another one.

The metadata block at the top is the one that Hugging Face's hub reads.
"""

import argparse
import hashlib
import json
import logging
import re
from typing import Any

from . import contract, params, sections
from .foreign import markdown
from .paths import CARD, EVALUATION, INTENDED_USE, METRICS, RECORD, REGISTRATION, VALIDATION
from .stage import GateRefused, run, write

WORST_SLICES = 8
# What the same run says otherwise elsewhere: who registered it as what, where, with which champion, for how much.
ELSEWHERE = ("registered as", "MLflow run", "git commit", "cost of making it")
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


def render(report: dict[str, Any], registration: dict[str, Any], record: dict[str, Any]) -> str:
    """Renders the card: the same evaluation, registration and record of a model give the same text."""
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
        ["cost of making it", f"{registration.get('cost', '')}, reports/cost.html"],
        ["trained on", f"{record['rows']:,} rows"],
    ]
    libraries = ", ".join(f"{name} {version}" for name, version in record.get("libraries", {}).items())
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
        "Environment": f"{libraries}; Python {record['python']}.",
    }
    body = "\n\n".join(
        (f"## {title}\n\n" if title else f"# {markdown(registration['model'])}\n\n") + text
        for title, text in parts.items()
    )
    note = "<!-- Written by the stage `card`; change docs/intended-use.md, not this file. -->"
    return f"{sections.metadata(report, registration, sources())}{note}\n\n{body}\n"


def _lasting(text: str) -> str:
    """Returns a card without what the same run says otherwise elsewhere; the width of tables does not count either."""
    text = re.sub(rf"(?m)^\| ({'|'.join(ELSEWHERE)}) +\|.*$", r"| \1 |", text)
    text = re.sub(r"(?m)^\| champion +\| passed +\|.*\n|^sources: .*\n|(?<=^## Environment\n\n).+$", "", text)
    return re.sub(r"-{3,}", "---", re.sub(r" +", " ", text)).strip()


def same(report: dict[str, Any], record: dict[str, Any], text: str) -> bool:
    """Whether a card is that of an evaluation, whoever registered the model."""
    unknown = dict.fromkeys(("version", "run_id", "git_commit", "git_dirty"), "")
    model = {"model": params.load().register_.model_name, "model_hash": report["model_hash"]}
    return _lasting(render(report, {**unknown, **model, "data_hash": record["data_hash"]}, record)) == _lasting(text)


def check() -> None:
    """Renders the card again, and compares it and the metrics with the committed ones.

    Raises:
        GateRefused: There is no card, it is another one, or the outputs to render it from are not there.
    """
    text = CARD.read_text(encoding="utf-8") if CARD.exists() else ""
    if not METRICS.exists() and not text:
        log.info("no model was committed yet: nothing to check")
        return
    if not METRICS.exists() or f"sources: {sources()}\n" not in text:
        raise GateRefused(
            f"{CARD} is stale: it was not written from this {METRICS} and {INTENDED_USE}; `make run`, and commit it."
        )
    missing = [path.as_posix() for path in (EVALUATION, RECORD, VALIDATION) if not path.exists()]
    if missing:
        raise GateRefused(
            f"{CARD} can't be rendered again without {', '.join(missing)}: `uv run dvc pull` or `make run`."
        )
    report, record, metrics = _json(EVALUATION), _json(RECORD), _json(METRICS)
    # Who registered the model is known where the outputs of `register` are: elsewhere the rest is compared.
    exact = REGISTRATION.exists()
    right = render(report, _json(REGISTRATION), record) == text if exact else same(report, record, text)
    if not right or any(metrics.get(name) != row["value"] for name, row in report["metrics"].items()):
        raise GateRefused(
            f"{CARD} or {METRICS} is stale or was edited: rendered again from {EVALUATION} it is another one; "
            "`make run`, and commit what it changes."
        )
    log.info("%s is up to date", CARD)


def main() -> None:
    """Runs the stage, or with --check only compares."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--check", action="store_true", help="refuse a card that is stale; write nothing")
    if parser.parse_args().check:
        check()
        return
    registration, report = _json(REGISTRATION), _json(EVALUATION)
    write(CARD, render(report, registration, _json(RECORD)))
    numbers = ", ".join(f"{name} {row['value']:.4f}" for name, row in report["metrics"].items())
    log.info("model    %s version %s\nmetrics  %s", registration["model"], registration["version"], numbers)
    log.info(
        "card     %s\nreports  reports/data_docs/index.html, reports/plots/overview.png, reports/evaluation.json", CARD
    )


if __name__ == "__main__":
    run(main)
