"""The audit log: who registered, promoted, refused, delivered or rolled back what, when and why, as chains of hashes.

Each line of `audit.jsonl` carries the hash of the line before it, so that no entry can be changed, dropped or moved
unnoticed. The registry keeps the hash of the newest entry, so that the end can't be cut off either. Deliveries are a
second chain, `deploy/deliveries.jsonl`, so that they and a retraining never conflict.
Check both with `python -m <package>.audit verify`; `... audit report` lists a period for an auditor.
"""

import argparse
import hashlib
import json
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import lineage
from .paths import AUDIT, DELIVERIES
from .stage import Refusal, run, write

START = "0" * 64
log = logging.getLogger(__name__)


def _hash(entry: dict[str, Any]) -> str:
    body = {key: value for key, value in entry.items() if key != "hash"}
    return hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def entries(path: Path = AUDIT) -> list[dict[str, Any]]:
    """Reads and verifies the log; an absent file is an empty log.

    Raises:
        Refusal: An entry is not what it was when it was written, or one is missing or out of place.
    """
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    found: list[dict[str, Any]] = []
    for number, line in enumerate(lines, 1):
        try:
            entry = json.loads(line)
            intact = entry["hash"] == _hash(entry) and entry["previous"] == (found[-1]["hash"] if found else START)
        except (ValueError, KeyError, TypeError):
            intact = False
        if not intact:
            raise Refusal(
                f"{path}, line {number}: the entry was changed, or one before it is missing; "
                "restore the file from git and find out who changed it."
            )
        found.append(entry)
    return found


def append(action: str, model: str, version: str, why: str, *, path: Path = AUDIT, **facts: str) -> str:
    """Adds an entry unless the newest one already says the same, and returns its hash.

    Args:
        action: What is done, such as "promote".
        model: Name in the registry.
        version: Version in the registry.
        why: The reason.
        path: The log.
        facts: What else belongs to it, such as the model's hash.

    Raises:
        Refusal: The log is not intact, so nothing may be built upon it.
    """
    chain = entries(path)
    said = {"action": action, "model": model, "version": version, "why": why, **facts}
    if chain and {key: chain[-1].get(key) for key in said} == said:
        return str(chain[-1]["hash"])
    entry: dict[str, Any] = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "actor": lineage.actor(),
        **said,
        "git_commit": lineage.commit(),
        "previous": chain[-1]["hash"] if chain else START,
    }
    entry["hash"] = _hash(entry)
    write(path, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in [*chain, entry]))
    return str(entry["hash"])


def verify(anchor: str | None, path: Path = AUDIT) -> int:
    """Checks the whole log, and returns the number of its entries.

    Args:
        anchor: The hash that the registry keeps, or None if it keeps none.
        path: The log.

    Raises:
        Refusal: The log was changed, or does not reach as far as the registry remembers.
    """
    chain = entries(path)
    if anchor and anchor not in {entry["hash"] for entry in chain}:
        raise Refusal(
            f"{path} lacks entry {anchor[:12]}, which the registry remembers: its end was cut off; restore it from git."
        )
    return len(chain)


def main() -> None:
    """Checks the logs against themselves and the registry, or lists what they say of a period."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("verify", help="both chains of hashes, and that the registry's entry is there")
    report = verbs.add_parser("report", help="who did what, when and why, as Markdown")
    report.add_argument("--since", default="", metavar="DATE", help="first day, in UTC; without it, the first entry's")
    report.add_argument("--until", default="", metavar="DATE", help="last day, in UTC; without it, today")
    report.add_argument("--out", type=Path, metavar="FILE", help="where to write it; without it, to the terminal")
    asked = parser.parse_args()

    from . import audit_report, recording

    if asked.verb == "report":
        text = audit_report.text(asked.since, asked.until, recording.anchor())
        if asked.out is None:
            sys.stdout.write(text)
            return
        write(asked.out, text)
        log.info("wrote %s", asked.out)
        return
    log.info("%s: %d entries, the chain is intact", AUDIT, verify(recording.anchor()))
    if DELIVERIES.exists():
        log.info("%s: %d entries, the chain is intact", DELIVERIES, verify(None, DELIVERIES))


if __name__ == "__main__":
    run(main)
