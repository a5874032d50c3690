"""The audit log: who registered, promoted, refused, delivered or rolled back what, when and why, as graphs of hashes.

Each line of `audit.jsonl` carries the hashes of the entries that it follows: of the last one, or after a merge of
branches of the last one of each. So no entry can be changed or moved unnoticed, and none that others follow can be
dropped. The registry and the last commit know the newest ones, so that the end can't be cut off either. Deliveries are
a second log, `deploy/deliveries.jsonl`, so that they and a retraining never conflict.
"""

from datetime import UTC, datetime
from pathlib import Path

from ..core import lineage
from ..core.paths import AUDIT
from . import witnesses
from .audit_chain import Entry, digest, extend, locked, parse
from .champion_entry import CHOSEN, champions, chosen  # noqa: F401 - callers know this module alone
from .graph import START, heads, joined  # noqa: F401 - as above


def content(path: Path) -> bytes:
    """Returns the bytes of a log; an absent file is an empty log."""
    return path.read_bytes() if path.exists() else b""


def entries(path: Path = AUDIT) -> list[Entry]:
    """Reads and verifies the log; an absent file is an empty log.

    Raises:
        Refusal: An entry is not what it was when it was written, or one is missing or out of place.
    """
    return parse(content(path), path)


def made(previous: str, **said: str) -> Entry:
    """Returns an entry that follows others (`joined`): what is said, who says so, when, from which commit."""
    when, who = datetime.now(UTC).isoformat(timespec="seconds"), lineage.actor()
    entry = {"time": when, "actor": who, **said, "git_commit": lineage.commit(), "previous": previous}
    return {**entry, "hash": digest(entry)}


def add(action: str, model: str, version: str, why: str, *, path: Path = AUDIT, **facts: str) -> str:
    """As `append`, for a caller that holds the lock because it does more than to append."""
    text = content(path)
    chain = parse(text, path)
    said = {"action": action, "model": model, "version": version, "why": why, **facts}
    ends = heads(chain)
    newest = next((entry for entry in chain if ends == [entry["hash"]]), None)
    if newest and {key: newest.get(key) for key in said} == said:
        return ends[0]
    entry = made(joined(chain), **said)
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
        Refusal: The log is not intact, or lacks what is committed, so nothing may be built upon it.
    """
    with locked(path):
        verify(None, path)
        return add(action, model, version, why, path=path, **facts)


def demand_whole(path: Path = AUDIT) -> None:
    """Makes sure that a log has all entries that the last commit has of it.

    Raises:
        Refusal: Something took entries back that were committed, such as `dvc exp apply`.
    """
    witnesses.demand_whole(path, content(path))


def verify(anchor: str | None, path: Path = AUDIT) -> int:
    """Checks the whole log, and returns the number of its entries.

    Args:
        anchor: The hash that the registry keeps, or None if it keeps none.
        path: The log.

    Raises:
        Refusal: The log was changed, lacks what is committed, or does not reach as far as the registry remembers.
    """
    chain = entries(path)
    demand_whole(path)
    witnesses.demand(anchor, chain, path)
    return len(chain)
