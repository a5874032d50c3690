"""The audit log: who registered, promoted, refused, delivered or rolled back what, when and why, as chains of hashes.

Each line of `audit.jsonl` carries the hash of the line before it, so that no entry can be changed, dropped or moved
unnoticed. The registry keeps the hash of the newest entry, so that the end can't be cut off either. Deliveries are a
second chain, `deploy/deliveries.jsonl`, so that they and a retraining never conflict.
"""

from datetime import UTC, datetime
from pathlib import Path

from ..core import lineage
from ..core.errors import Refusal
from ..core.paths import AUDIT
from .audit_chain import START, Entry, digest, extend, locked, parse

CHOSEN = ("promote", "rollback")


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


def made(previous: str, **said: str) -> Entry:
    """Returns an entry that follows another one: what is said, who says so, when, from which commit."""
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
    entry = made(chain[-1]["hash"] if chain else START, **said)
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
            "git, or, where git does not have it, see docs/runbook.md."
        )
    return len(chain)
