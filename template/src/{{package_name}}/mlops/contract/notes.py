"""Notes: what a stage flags without a refusal, in sentences that hold no values of the data.

They are kept under `notes` of the report that a stage writes, for DVC may skip it in the next run; a stage that writes
only a table keeps them in the table's metadata. The stage `card` shows all of a run.
"""

import json
import logging
from collections.abc import Iterable
from typing import Any

import pyarrow as pa

KEY = "notes"
log = logging.getLogger(__name__)


def flagged(sentences: Iterable[str]) -> list[str]:
    """Logs notes, and returns them for the report of a stage: sorted, each once."""
    told = sorted(set(sentences))
    for sentence in told:
        log.warning("note     %s", sentence)
    return told


def carried(table: pa.Table, sentences: list[str]) -> pa.Table:
    """Returns a table that carries notes in its metadata; the same table where there are none."""
    held = {**(table.schema.metadata or {}), KEY: json.dumps(sentences)}
    return table.replace_schema_metadata(held) if sentences else table


def carried_by(table: pa.Table) -> list[str]:
    """Returns the notes that a table carries."""
    return list(json.loads((table.schema.metadata or {}).get(KEY.encode(), b"[]")))


def some(names: list[str], most: int = 10) -> str:
    """Returns the first of some names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def of_run(*reports: dict[str, Any]) -> list[str]:
    """Returns the notes of all reports of a run, in their order, each once."""
    return list(dict.fromkeys(note for report in reports for note in report.get(KEY, [])))
