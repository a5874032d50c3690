"""Watches the model at work: `python -m <package>.monitor [--predictions PATH] [--labels PATH] [--since TIME]`.

Ends with 0 fine, 10 drift, 11 performance lost, 12 bad data (the highest wins), 1 refused. Leaves its reports in
`reports/monitoring/`, a page to start from among them: `index.html`.
"""

import argparse
import logging
import math
import re
import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from .. import contract, features, params
from ..contract import Contract
from ..stage import Refusal, run
from . import drift, late, pages, quality, reference, traffic
from .settings import FOLDER, Finding, Monitor, Settings

log = logging.getLogger(__name__)


def since(text: str, now: datetime) -> datetime:
    """Reads a time: ISO 8601 (without an offset it is UTC), or an age such as 7d or 12h; returns it naive, in UTC.

    Raises:
        Refusal: It is neither.
    """
    age = re.fullmatch(r"(\d+)([dhm])", text)
    if age:
        unit = {"d": "days", "h": "hours", "m": "minutes"}[age[2]]
        return (now - timedelta(**{unit: int(age[1])})).replace(tzinfo=None)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Refusal(f"--since is {text}: write 2026-01-31, 2026-01-31T12:00, or an age such as 7d or 12h.") from None
    return (found if found.tzinfo is None else found.astimezone(UTC)).replace(tzinfo=None)


def sampling(rows: int, drawn: int) -> dict[str, float]:
    """Returns by how much drawing some of the rows may mislead, in 95 of 100 draws at least.

    Returns:
        `share`: of a share of rows, such as an accuracy (normal, the worst case of one half, finite population);
        `distance`: of a distance between distributions (Dvoretzky, Kiefer, Wolfowitz, Massart).
    """
    if drawn == rows:
        return {"share": 0.0, "distance": 0.0}
    share = 1.96 * math.sqrt(0.25 / drawn * (rows - drawn) / (rows - 1))
    return {"share": share, "distance": math.sqrt(math.log(2 / 0.05) / (2 * drawn))}


def look(
    opened: traffic.Traffic, contract_: Contract, settings: Monitor, labels: late.Labels | None
) -> tuple[traffic.Draw, traffic.Draw, dict[str, Any]]:
    """Reads all predictions once.

    Returns:
        Those drawn of all, those drawn of the ones whose label is known, and what was measured of their quality.
    """
    drawn, labelled = (traffic.Draw(settings.max_rows, settings.seed + n) for n in (0, 1))
    tallies = {column.name: traffic.Tally() for column in opened.checked}
    requests = []
    for batch in opened.batches():
        drawn.add(batch)
        for column in opened.checked:
            tallies[column.name].add(batch[column.name], column)
        if labels:
            labelled.add(labels.join(batch))
        if {"_request_id", "_row"} <= set(opened.names):
            requests.append(traffic.keys(batch, ["_request_id", "_row"]))
    hashes = np.concatenate(requests) if requests else None
    return drawn, labelled, quality.measure(tallies, hashes, max(drawn.seen, 1), contract_, settings)


def drifted(
    rows: pa.Table, known: reference.Reference, contract_: Contract, settings: Monitor
) -> tuple[dict[str, Any], list[Finding]]:
    """Compares drawn predictions with the reference, and writes Evidently's report."""
    watched = [column.name for column in contract_.features if column.name not in settings.ignore]
    answers = reference.logged(rows, contract_, known.pipeline)
    ours = known.frame[watched].join(drift.predictions(known.predicted, contract_))
    theirs = features.frame(rows, contract_)[watched].join(drift.predictions(answers, contract_))
    measured = drift.measure(ours, theirs, settings)
    moved = {name: row for name, row in measured.items() if name in watched}
    answered = {name: row for name, row in measured.items() if name not in watched}
    drift.write(ours, theirs, moved, answered, settings)
    found = {
        "share": sum(row.drifted for row in moved.values()) / max(len(moved), 1),
        "share_allowed": settings.drift_share,
        "features": {name: row.as_dict() for name, row in moved.items()},
        "predictions": {name: row.as_dict() for name, row in answered.items()},
    }
    return found, drift.judge(moved, answered, settings)


def performed(
    table: pa.Table | None,
    labels: late.Labels | None,
    known: reference.Reference,
    contract_: Contract,
    settings: Monitor,
) -> tuple[dict[str, Any] | None, list[Finding], str]:
    """Measures predictions whose label is known; where that can't be done, the last value says why."""
    if labels is None:
        return None, [], "performance was not judged: no labels are given (--labels, monitor.labels)"
    if table is None or not len(table):
        return None, [], f"performance was not judged: none of {len(labels.keys):,} labels fits a prediction"
    found = late.measured(table, known, contract_, settings)
    lost, why_not = late.judge(found, contract_.problem, settings), found["windows"][0].get("why_not")
    found["windows"][0]["alarm"] = bool(lost)
    return found, lost, f"performance was not judged: {why_not}" if why_not else ""


def report(
    opened: traffic.Traffic, contract_: Contract, settings: Monitor, labels: late.Labels | None
) -> dict[str, Any]:
    """Measures and judges everything."""
    drawn, labelled, kept = look(opened, contract_, settings, labels)
    rows = drawn.rows()
    if rows is None:
        raise Refusal(f"{opened.path} holds no predictions of that time: check --since, or wait for traffic.")
    known = reference.load(contract_, opened.version, settings.max_rows, settings.seed)
    moved, drifts = drifted(rows, known, contract_, settings)
    performance, lost, why_not = performed(labelled.rows(), labels, known, contract_, settings)
    error = sampling(drawn.seen, len(rows))
    notes = [why_not] if why_not else []
    if opened.others:
        notes.append(
            f"{opened.others:,} predictions of other versions were left out; version {opened.version} is newest"
        )
    if len(rows) < drawn.seen:
        notes.append(
            f"drift was measured on {len(rows):,} of {drawn.seen:,} predictions, drawn at random: with 95 % confidence "
            f"a distance is off by at most {error['distance']:.4f}, a share by {error['share']:.4f}; quality on all"
        )
    findings = sorted(quality.judge(kept, drawn.seen) + lost + drifts, key=lambda finding: -finding.code)
    now = datetime.now(UTC)
    return {
        "model": params.load().register_.model_name,
        "version": opened.version,
        "time": now.strftime("%Y-%m-%d %H:%M UTC"),
        "timestamp": now.timestamp(),
        "exit_code": findings[0].code if findings else 0,
        "findings": [asdict(finding) for finding in findings],
        "notes": notes,
        "rows": drawn.seen,
        "sample": {"rows": len(rows), "error": error, "reference": len(known.frame)},
        "quality": kept,
        "drift": moved,
        "performance": performance,
    }


def main() -> None:
    """Compares predictions with the reference, the contract, and labels that came late."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--predictions", help="file or folder of Parquet; without it, monitor.predictions")
    parser.add_argument("--labels", help="file or folder of CSV or Parquet; without it, monitor.labels")
    parser.add_argument("--since", help="leave out earlier predictions: 2026-01-31, 2026-01-31T12:00 (UTC), 7d, 12h")
    asked, settings, contract_ = parser.parse_args(), params.read(Settings).monitor, contract.load()
    strange = sorted(set(settings.ignore) - {column.name for column in contract_.features})
    if strange:
        raise Refusal(f"params.yaml, monitor.ignore: the contract has no feature {', '.join(strange)}.")
    begin = since(asked.since, datetime.now(UTC)) if asked.since else None
    opened = traffic.open_log(asked.predictions or settings.predictions, contract_, begin)
    path = asked.labels or settings.labels
    labels = late.read(path, opened.names, contract_, settings) if path else None
    found = report(opened, contract_, settings, labels)
    pages.save(found)
    for note in found["notes"]:
        log.info("%s", note)
    for finding in found["findings"]:
        sys.stderr.write(f"{finding['sentence']}\n")
    try:
        pages.push(found)
    except Refusal as refusal:
        if not found["findings"]:
            raise
        log.warning("%s", refusal)
    if found["findings"]:
        sys.exit(found["exit_code"])
    log.info(
        "fine: %s predictions, drift share %.2f; %s",
        f"{found['rows']:,}",
        found["drift"]["share"],
        FOLDER / "index.html",
    )


if __name__ == "__main__":
    run(main)
