"""What the audit logs prove and what they can't: against themselves, the registry, and what git had before."""

from pathlib import Path

from . import audit, audit_chain, lineage, params, registry, tracking
from .paths import AUDIT, DELIVERIES
from .stage import Refusal, UsageError


def unproven(path: Path = AUDIT) -> int:
    """Returns how many lines of the log a re-anchoring left behind: they are there, but nothing is built upon them."""
    return len(audit_chain.lines(audit.content(path))) - len(audit.entries(path))


def grown(path: Path, revision: str) -> int:
    """Makes sure that a log only grew since a revision, and returns how many lines it had there.

    Raises:
        Refusal: It does not begin with what it was, or there is no such revision.
    """
    if lineage.resolve(revision) is None:
        raise UsageError(f"there is no revision {revision!r} to compare {path} with: fetch it, or name another one.")
    before = audit_chain.lines(lineage.content(revision, path) or b"")
    if audit_chain.lines(audit.content(path))[: len(before)] != before:
        raise Refusal(
            f"{path} does not begin with what it is at {revision}: entries were changed, dropped or moved; "
            f"`git checkout {revision} -- {path.as_posix()}`, then repeat what this branch adds."
        )
    return len(before)


def proof(anchor: str | None, revision: str) -> list[str]:
    """Returns, as sentences, what the logs prove and what they can't.

    Args:
        anchor: The hash that the registry keeps, or None if it keeps none.
        revision: Of git, since which the logs may only have grown; where empty, none.

    Raises:
        Refusal: A log is broken or was cut off.
    """
    said = []
    for path, head in ((AUDIT, anchor), (DELIVERIES, None)):
        known = grown(path, revision) if revision else 0
        if path == DELIVERIES and not path.exists():
            continue
        number, chain = audit.verify(head, path), audit.entries(path)
        known = max(known, next((at for at, entry in enumerate(chain, 1) if entry["hash"] == head), 0))
        witness = " and ".join(filter(None, ["the registry" if head else "", revision]))
        said += [
            f"{path.as_posix()}: {number} entries, the chain is intact",
            f"  proved: no entry was changed, dropped or moved{f', as {witness} remembers' if witness else ''}",
            f"  not proved: who wrote an entry, and when{'' if witness else ', nor that its end is all there'}; "
            f"the newest {max(0, number - known)} are known to nobody else: review the commits that brought them",
        ]
        said += [f"  not proved: {left} lines before a re-anchoring" for left in [unproven(path)] if left]
        resumed = [entry for entry in chain if entry["action"] == audit_chain.REANCHOR]
        said += [f"  re-anchored at {e['time']} by {e['actor']!a}, {e['why']!a}, for {e['broken']!a}" for e in resumed]
    return said


def same_champion() -> None:
    """Compares the log with the registry, if that has a champion.

    Raises:
        Refusal: The registry has another champion than the log.
    """
    client, name = tracking.connect(), params.load().register_.model_name
    version, entry = registry.by_alias(client, name, registry.CHAMPION), audit.chosen(audit.entries(), name)
    if version is not None and (entry or {}).get("model_hash") != version.tags.get("model_hash"):
        logged = f"version {entry['version']}" if entry else "none"
        raise Refusal(
            f"the registry's champion is {name} {version.version}, by {AUDIT} it is {logged}: somebody moved "
            "it without an entry, or a step was cut short; promote or roll back to the one that is right."
        )
