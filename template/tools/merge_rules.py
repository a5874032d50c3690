"""How what two branches recorded becomes one: the lines of both in a log, one side's generated files as a whole.

Needs nothing of the project, whose files may be in conflict. An entry that was changed is found by `make audit`.
"""

from __future__ import annotations

import json
import re

LOG, MADE = "mlops-log", "mlops-made"
AUDIT, LOCK = "audit.jsonl", "dvc.lock"
# Also where .gitattributes is older than this program, or the repository's own.
KNOWN = {AUDIT: LOG, "deploy/deliveries.jsonl": LOG, LOCK: MADE, "metrics.json": MADE, "MODEL_CARD.md": MADE}
CHOSEN, REANCHOR = ("promote", "rollback"), "re-anchor"
MARKERS = (b"<<<<<<< ", b"||||||| ", b">>>>>>> ")
MODEL = re.compile(rb"path: models/model\.skops\n\s+hash: md5\n\s+md5: (\w+)")


class RefusedError(Exception):
    """What can't be merged, in one sentence."""


def marked(content: bytes) -> bool:
    """Whether a file has the markers of a conflict."""
    return any(line.startswith(MARKERS) for line in content.splitlines())


def lines(content: bytes) -> list[bytes]:
    """Returns the lines of a log, each once, without a conflict's markers."""
    found = content.replace(b"\r\n", b"\n").split(b"\n")
    return list(dict.fromkeys(line for line in found if line and line != b"=======" and not line.startswith(MARKERS)))


def entries(found: list[bytes]) -> list[dict[str, str]]:
    """Returns the entries that lines are; a line that is none is left out."""
    read = []
    for line in found:
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(entry, dict) and all(isinstance(entry.get(key), str) for key in ("action", "previous", "hash")):
            read.append(entry)
    return read


def union(ours: bytes, theirs: bytes, name: str) -> bytes:
    """Returns the lines of both, those of one side first: a re-anchoring needs all lines of its branch before it.

    Raises:
        RefusedError: Both sides have a re-anchoring that the other one has not.
    """
    first, second = lines(ours), lines(theirs)
    both = {*first} & {*second}
    only_first, only_second = ([line for line in side if line not in both] for side in (first, second))
    sealed = [any(entry["action"] == REANCHOR for entry in entries(side)) for side in (only_first, only_second)]
    if all(sealed):
        raise RefusedError(
            f"both branches re-anchored {name}: take one of them, `git checkout --ours -- {name}; git add {name}`, and "
            "record again what the other one did."
        )
    merged = second + only_first if sealed[1] else first + only_second
    return b"".join(line + b"\n" for line in merged)


def champions(log: bytes) -> list[dict[str, str]]:
    """Returns the entries that chose a champion and that no later choice follows, as the project's own code does."""
    every = entries(lines(log))
    found, covered, hashes = [], set(), [entry["hash"] for entry in every]
    for at in reversed(range(len(every))):
        entry, own = every[at], every[at]["hash"]
        if own not in covered and entry["action"] in CHOSEN:
            found.append(entry)
            covered.add(own)
        if own in covered:
            covered.update(hashes[:at] if entry["action"] == REANCHOR else entry["previous"].split())
    return found


def takes_ours(ours: bytes, merged: bytes, locks: tuple[bytes, bytes]) -> bool:
    """Whether generated files are taken from our side: unless the champion of the merged log is the other branch's.

    Args:
        ours: The log of our side.
        merged: The log of both.
        locks: The `dvc.lock` of our side and of the other one.
    """
    found = champions(merged)
    if not found or undecided(merged):
        return True
    models = [found.group(1).decode() if found else "" for found in map(MODEL.search, locks)]
    file = found[0].get("model_file")
    if file in models:
        return models[0] == file
    return any(entry["hash"] == found[0]["hash"] for entry in entries(lines(ours)))


def taken(ours: bool) -> str:
    """Returns the sentence about generated files."""
    side = "this side (HEAD)" if ours else "the other side, which has the champion"
    return (
        f"{LOCK} and what is made with it are those of {side}, never merged by lines: `uv run dvc checkout` brings "
        "the data and the model, `make run` makes them again."
    )


def undecided(merged: bytes) -> str:
    """Returns the sentence about champions of several branches; nothing where there is one."""
    found = {(entry.get("model_hash", ""), entry.get("threshold", "")): entry for entry in champions(merged)}
    if len(found) < 2:
        return ""
    named = " and ".join(f"{name[:12]} (by {entry.get('actor')!a})" for (name, _), entry in sorted(found.items()))
    return f'each branch chose a champion, {named}: choose one, `make promote MODEL={min(found)[0][:12]} WHY="..."`.'
