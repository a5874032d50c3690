"""The audit log: who registered, promoted, refused, delivered or rolled back what, when and why, as chains of hashes.

Each line of `audit.jsonl` carries the hash of the line before it, so that no entry can be changed, dropped or moved
unnoticed. The registry keeps the hash of the newest entry, so that the end can't be cut off either. Deliveries are a
second chain, `deploy/deliveries.jsonl`, so that they and a retraining never conflict.
Check both with `python -m <package>.audit verify`; `... audit report` lists a period for an auditor.
"""

import argparse
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path

from . import lineage
from .audit_chain import REANCHOR, START, Entry, digest, extend, lines, locked, parse, seal
from .paths import AUDIT
from .stage import Refusal, run, write

CHOSEN = ("promote", "rollback")
log = logging.getLogger(__name__)


def content(path: Path) -> bytes:
    """Returns the bytes of a log; an absent file is an empty log."""
    return path.read_bytes() if path.exists() else b""


def entries(path: Path = AUDIT) -> list[Entry]:
    """Reads and verifies the log; an absent file is an empty log.

    Raises:
        Refusal: An entry is not what it was when it was written, or one is missing or out of place.
    """
    return parse(content(path), path)


def chosen(chain: list[Entry], model: str) -> Entry | None:
    """Returns the entry that made the present champion of a model, or None where nothing did."""
    return next((e for e in reversed(chain) if e["action"] in CHOSEN and e["model"] == model), None)


def _made(previous: str, **said: str) -> Entry:
    when, who = datetime.now(UTC).isoformat(timespec="seconds"), lineage.actor()
    entry = {"time": when, "actor": who, **said, "git_commit": lineage.commit(), "previous": previous}
    return {**entry, "hash": digest(entry)}


def add(action: str, model: str, version: str, why: str, *, path: Path = AUDIT, **facts: str) -> str:
    """As `append`, for a caller that holds the lock because it does more than to append."""
    text = content(path)
    chain = parse(text, path)
    said = {"action": action, "model": model, "version": version, "why": why, **facts}
    if chain and {key: chain[-1].get(key) for key in said} == said:
        return str(chain[-1]["hash"])
    entry = _made(chain[-1]["hash"] if chain else START, **said)
    extend(path, text, entry)
    return str(entry["hash"])


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
    with locked(path):
        return add(action, model, version, why, path=path, **facts)


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
            f"{path} lacks entry {anchor[:12]}, which the registry remembers: its end was cut off; restore it from "
            'git, or, where git does not have it: make audit-reanchor WHY="...".'
        )
    return len(chain)


def reanchor(why: str, model: str, anchor: str | None, path: Path = AUDIT) -> str | None:
    """Lets a broken log resume, by an entry that says so and seals what is there; None where it is intact.

    Args:
        why: The reason.
        model: Name in the registry.
        anchor: The hash that the registry keeps, or None if it keeps none.
        path: The log; the caller holds its lock.
    """
    try:
        verify(anchor, path)
    except Refusal as refusal:
        text, broken = content(path), str(refusal).partition(";")[0]
    else:
        return None
    said = {"action": REANCHOR, "model": model, "version": "", "why": why, "broken": broken, "lost": anchor or ""}
    entry = _made(seal(lines(text)), **said)
    extend(path, text, entry)
    return str(entry["hash"])


def main() -> None:
    """Checks the logs against themselves, the registry and git, lists a period, or lets a broken log resume."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    check = verbs.add_parser("verify", help="both chains of hashes, and that the registry's entry is there")
    check.add_argument("--against", default="", metavar="REVISION", help="since which the logs may only have grown")
    resume = verbs.add_parser("re-anchor", help="let a broken log resume, by an entry that says so")
    resume.add_argument("--why", required=True, help="the reason, for the audit log")
    report = verbs.add_parser("report", help="who did what, when and why, as Markdown")
    report.add_argument("--since", default="", metavar="DATE", help="first day, in UTC; without it, the first entry's")
    report.add_argument("--until", default="", metavar="DATE", help="last day, in UTC; without it, today")
    report.add_argument("--out", type=Path, metavar="FILE", help="where to write it; without it, to the terminal")
    args = parser.parse_args()

    from . import audit_proof, audit_report, recording

    if args.verb == "verify":
        for sentence in audit_proof.proof(recording.anchor(), args.against):
            log.info("%s", sentence)
        audit_proof.same_champion()
    elif args.verb == "re-anchor":
        for path in recording.reanchor(args.why):
            log.info("%s resumes: commit it, and say in the review what was broken", path)
    else:
        text = audit_report.text(args.since, args.until, recording.anchor())
        if args.out is None:
            sys.stdout.write(text)
            return
        write(args.out, text)
        log.info("wrote %s", args.out)


if __name__ == "__main__":
    run(main)
