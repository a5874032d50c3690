"""Monitors the deployed model: `make monitor ARGS="--predictions PATH --labels PATH --since TIME"`.

Ends with 0 fine, 10 drift, 11 performance lost, 12 bad data (the highest wins), 2 nothing to compare or wrong
arguments, 1 failed. Writes its reports to `reports/monitoring/`; `index.html` is the page to start from.
"""

import argparse
import logging
import os
import re
import sys
from datetime import UTC, datetime, timedelta

from ... import project
from ..core import params
from ..core.errors import Refusal, UsageError
from ..core.runner import print_error, run
from . import html, metrics, prediction_reader, report
from . import labels as late
from .settings import FOLDER, Settings

log = logging.getLogger(__name__)


def since(text: str, now: datetime) -> datetime:
    """Reads a time: ISO 8601 (without an offset it is UTC), or an age such as 7d or 12h; returns it naive, in UTC.

    Raises:
        UsageError: It is neither.
    """
    age = re.fullmatch(r"(\d+)([dhm])", text)
    if age:
        unit = {"d": "days", "h": "hours", "m": "minutes"}[age[2]]
        return (now - timedelta(**{unit: int(age[1])})).replace(tzinfo=None)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"--since is {text}: write 2026-01-31, 2026-01-31T12:00, or an age such as 7d or 12h."
        ) from None
    return (found if found.tzinfo is None else found.astimezone(UTC)).replace(tzinfo=None)


def main() -> None:
    """Compares predictions with the reference, the contract, and labels that came late."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--predictions",
        help="file, folder or bucket of Parquet; without it, MONITOR_PREDICTIONS, or monitor.predictions",
    )
    parser.add_argument("--labels", help="file or folder of CSV or Parquet; without it, monitor.labels")
    parser.add_argument("--since", help="leave out earlier predictions: 2026-01-31, 2026-01-31T12:00 (UTC), 7d, 12h")
    args, settings, contract_ = parser.parse_args(), params.read(Settings).monitor, project.contract()
    strange = sorted(set(settings.ignore) - {column.name for column in contract_.features})
    if strange:
        raise UsageError(f"params.yaml, monitor.ignore: the contract has no feature {', '.join(strange)}.")
    begin = since(args.since, datetime.now(UTC)) if args.since else None
    named = args.predictions or os.environ.get("MONITOR_PREDICTIONS") or settings.predictions
    opened = prediction_reader.open_log(named, contract_, begin)
    path = args.labels or settings.labels
    labels = late.read(path, opened.names, contract_, settings) if path else None
    found = report.build(opened, contract_, settings, labels)
    metrics.save(found)
    html.save(found)
    for note in found["notes"]:
        log.info("%s", note)
    for finding in found["findings"]:
        print_error(finding["sentence"])
    try:
        metrics.push(found)
    except Refusal as refusal:
        if not found["findings"]:
            raise
        log.warning("%s", refusal)
    if found["findings"]:
        sys.exit(found["exit_code"])
    log.info(
        "%s: %s predictions, drift share %.2f; %s",
        "drift not judged" if found["drift"]["too_few"] else "fine",
        f"{found['rows']:,}",
        found["drift"]["share"],
        FOLDER / "index.html",
    )


if __name__ == "__main__":
    run(main)
