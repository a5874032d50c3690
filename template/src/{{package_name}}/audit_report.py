"""What the audit log says of a period, as Markdown for an auditor: who did what, when, why, from which commit and data.

`python -m <package>.audit report --since 2026-01-01 --until 2026-03-31`. A broken chain is refused, not reported on.
"""

from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

from . import audit, audit_proof, params
from .foreign import markdown
from .paths import AUDIT, DELIVERIES
from .stage import UsageError

# Columns of an entry that stand in cells of their own; what else an entry says is listed in the last one.
SHOWN = {"time", "actor", "action", "model", "version", "why", "git_commit", "data_hash", "previous", "hash"}
SHORT = 12


def day(text: str, option: str, otherwise: date) -> date:
    """Reads a day, or returns another one where none is given.

    Raises:
        UsageError: It is no day of the calendar.
    """
    try:
        return date.fromisoformat(text) if text else otherwise
    except ValueError:
        raise UsageError(f"{option} is {text!r}, which is no day: write it as 2026-01-31.") from None


def _row(entry: dict[str, Any], data: dict[str, str]) -> str:
    found = entry.get("data_hash") or data.get(entry.get("model_hash", ""), "")
    rest = ", ".join(f"{name} {value}" for name, value in entry.items() if name not in SHOWN and value)
    cells = [
        entry["time"],
        entry["actor"],
        entry["action"],
        f"{entry['model']} {entry['version']}".strip(),
        entry["why"],
        entry["git_commit"][:SHORT],
        found[:SHORT],
        entry["hash"][:SHORT],
        rest,
    ]
    return f"| {' | '.join(markdown(cell) for cell in cells)} |"


def text(since: str, until: str, anchor: str | None) -> str:
    """Returns the report on a period, both days included.

    Args:
        since: The first day; where empty, that of the first entry.
        until: The last day; where empty, today.
        anchor: The hash that the registry keeps, or None if it keeps none.

    Raises:
        UsageError: A day is none, the period ends before it begins, or a chain is broken.
    """
    counts = {AUDIT: audit.verify(anchor), DELIVERIES: audit.verify(None, DELIVERIES)}
    chains = sorted([*audit.entries(), *audit.entries(DELIVERIES)], key=lambda entry: str(entry["time"]))
    lost = [(path, audit_proof.unproven(path)) for path in counts]
    today = datetime.now(UTC).date()
    begins = date.fromisoformat(chains[0]["time"][:10]) if chains else today
    first, last = day(since, "--since", begins), day(until, "--until", today)
    if last < first:
        raise UsageError(f"--until {last} is before --since {first}: write the earlier day as --since.")
    data = {entry["model_hash"]: entry["data_hash"] for entry in chains if {"model_hash", "data_hash"} <= set(entry)}
    within = [entry for entry in chains if first <= date.fromisoformat(entry["time"][:10]) <= last]
    end = f"the registry's entry {anchor[:SHORT]} is in it" if anchor else "the registry keeps no entry of it yet"
    actions = sorted(Counter(entry["action"] for entry in within).items())
    lines = [
        f"# Audit report of {markdown(params.load().register_.model_name)}, {first} to {last}",
        "",
        f"Written {datetime.now(UTC).isoformat(timespec='seconds')}. All times are UTC, both days are included.",
        "",
        "## Verification",
        "",
        f"- `{AUDIT}`: {counts[AUDIT]} entries, the chain is intact; {end}.",
        f"- `{DELIVERIES.as_posix()}`: {counts[DELIVERIES]} entries, the chain is intact.",
        *(f"- `{path.as_posix()}`: {left} lines before a re-anchoring are not proven." for path, left in lost if left),
        "",
        "## Counts",
        "",
        "| action | entries |",
        "|---|---|",
        *(f"| {markdown(action)} | {number} |" for action, number in actions),
        f"| all | {len(within)} |",
        "",
        "## Entries",
        "",
        "| time | who | action | what | why | commit | data | entry | further |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_row(entry, data) for entry in within),
    ]
    return "\n".join(lines) + "\n"
