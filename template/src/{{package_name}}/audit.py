"""The audit log: who registered, promoted, refused or rolled back which model, when and why, as a chain of hashes.

Each line of `audit.jsonl` carries the hash of the line before it, so that no entry can be changed, dropped or moved
unnoticed. The registry keeps the hash of the newest entry, so that the end can't be cut off either.
Check it with `python -m <package>.audit verify`.
"""

import argparse
import hashlib
import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import lineage
from .paths import AUDIT
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


def append(action: str, model: str, version: str, why: str, **facts: str) -> str:
    """Adds an entry unless the newest one about this version already says the same, and returns its hash.

    Args:
        action: What is done, such as "promote".
        model: Name in the registry.
        version: Version in the registry.
        why: The reason.
        facts: What else belongs to it, such as the model's hash.

    Raises:
        Refusal: The log is not intact, so nothing may be built upon it.
    """
    chain = entries()
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
    write(AUDIT, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in [*chain, entry]))
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
    """Checks the log against itself and against the registry."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("verb", choices=["verify"])
    parser.parse_args()

    from . import registry

    log.info("%s: %d entries, the chain is intact", AUDIT, verify(registry.anchor()))


if __name__ == "__main__":
    run(main)
