"""Writes the model card: the metadata block that Hugging Face's hub reads, then the page `docs/model-card.md.j2`."""

import hashlib
import json
import logging
import re
from pathlib import Path
from typing import Any

import yaml

from ..contract import notes
from ..contract.columns import Column, Contract
from ..core import params
from ..core.errors import GateRefused
from ..core.paths import CARD, CARD_PAGE, EVALUATION, INTENDED_USE, METRICS, RECORD, REGISTRATION, VALIDATION
from . import before_after, markdown_page

TASKS = {"binary": "tabular-classification", "multiclass": "tabular-classification", "regression": "tabular-regression"}
NOTE = "<!-- Written by the stage `card`; change docs/intended-use.md, not this file. -->"
# In place of what another environment says otherwise of the same model.
ELSEWHERE = "%elsewhere%"
# What layouts of former releases ask for, and what differs between two runs of equal inputs: MLflow has it.
OF_ONE_RUN = dict.fromkeys(("version", "run_id", "git_commit", "git_dirty"), "see MLflow")
log = logging.getLogger(__name__)


def read(path: Path) -> dict[str, Any]:
    """Reads a report."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def sources() -> str:
    """Returns a hash of the committed files that a card is written from; a card that carries another one is stale."""
    digest = hashlib.sha256()
    for path in (METRICS, INTENDED_USE):
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


def role_names(column: Column) -> str:
    """Returns the roles of a column for people; a feature has none of its own."""
    return ", ".join(type(role).__name__ for role in column.roles) or ("feature" if column.is_feature else "")


def _metadata(report: dict[str, Any], registration: dict[str, Any]) -> str:
    name, revision, task = registration["model"], registration["data_hash"], {"type": TASKS[report["problem"]]}
    dataset = {"name": f"{name} held-out rows", "type": "private", "split": "test", "revision": revision}
    results = [{"type": metric, "value": row["value"], "name": metric} for metric, row in report["metrics"].items()]
    block = {
        "library_name": "sklearn",
        "tags": ["tabular", "skops", report["problem"]],
        "pipeline_tag": task["type"],
        "model-index": [{"name": name, "results": [{"task": task, "dataset": dataset, "metrics": results}]}],
        "model_hash": report["model_hash"],
        "sources": sources(),
    }
    return f"---\n{yaml.safe_dump(block, sort_keys=False, allow_unicode=True)}---\n"


def render(contract: Contract, report: dict[str, Any], registration: dict[str, Any], record: dict[str, Any]) -> str:
    """Renders the card: the same evaluation and record of a model give the same text, whoever registered it."""
    validation = read(VALIDATION)
    roles = {column.name: role_names(column) for column in contract.columns}
    values = {
        "report": report,
        "registration": {**registration, **OF_ONE_RUN},
        "record": record,
        "validation": validation,
        "notes": notes.of_run(validation, record, report),
        "before_after": before_after.rows(report, record.get("mitigation", "none")),
        "cost": None,  # of one machine at one time, so not of the card; layouts of former releases ask for it
        "contract": contract,
        "roles": roles,
        "params": params.load(),
        "intended_use": markdown_page.Markdown(INTENDED_USE.read_text(encoding="utf-8").strip()),
    }
    return f"{_metadata(report, registration)}{NOTE}\n\n{markdown_page.render(CARD_PAGE, values)}\n"


def _lasting(text: str) -> str:
    """Returns a card without its hash and the champion; the width of tables does not count."""
    text = re.sub(r"(?m)^\| champion +\| passed +\|.*\n|^sources: .*\n", "", text)
    return re.sub(r" *-{3,} *", "---", re.sub(r" +", " ", text)).strip()


def equal(expected: str, text: str) -> bool:
    """Whether two cards say the same; what stands in place of `ELSEWHERE` does not matter."""
    pattern = re.escape(_lasting(expected)).replace(re.escape(ELSEWHERE), ".*")
    return re.fullmatch(pattern, _lasting(text)) is not None


def same(contract: Contract, report: dict[str, Any], record: dict[str, Any], text: str) -> bool:
    """Whether a card is that of an evaluation, whoever registered the model."""
    registration = {"model": params.load().register_.model_name, "model_hash": report["model_hash"]}
    registration["data_hash"] = record["data_hash"]
    if record.get("mitigation"):  # the model without it may be another one elsewhere, as a machine rounds
        report = {**report, before_after.KEY: before_after.unknown(report, ELSEWHERE)}
    environment = {"libraries": {ELSEWHERE: ELSEWHERE}, "python": ELSEWHERE}
    return equal(render(contract, report, registration, {**record, **environment}), text)


def demand_intended_use() -> None:
    """Refuses an intended use that is still made of questions."""
    unanswered = [line for line in INTENDED_USE.read_text(encoding="utf-8").splitlines() if line.startswith("TODO")]
    if unanswered:
        raise GateRefused(
            f"{INTENDED_USE} is not filled in ({unanswered[0]!r}): answer it, `make run`, and commit both."
        )


def check(contract: Contract) -> None:
    """Renders the card again, and compares it and the metrics with the committed ones.

    Raises:
        GateRefused: There is no card, it is another one, or the outputs to render it from are not there; or the
            intended use is not filled in.
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
    report, record, metrics = read(EVALUATION), read(RECORD), read(METRICS)
    # Who registered the model is known where the outputs of `register` are: elsewhere the rest is compared.
    if REGISTRATION.exists():
        right = render(contract, report, read(REGISTRATION), record) == text
    else:
        right = same(contract, report, record, text)
    if not right or any(metrics.get(name) != row["value"] for name, row in report["metrics"].items()):
        raise GateRefused(
            f"{CARD} or {METRICS} is stale or was edited: rendered again from {EVALUATION} it is another one; "
            "`make run`, and commit what it changes."
        )
    demand_intended_use()
    log.info("%s is up to date", CARD)
