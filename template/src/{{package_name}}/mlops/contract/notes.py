"""Notes: what a stage flags without a refusal, in sentences that hold no values of the data.

They are kept in what a stage writes, for DVC may skip it in the next run: under `notes` of a report, or in the metadata
of a table, which carries them to the stages that read it. The stage `card` shows all of a run.
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


def of_table(table: pa.Table) -> list[str]:
    """Returns the notes that a table carries."""
    told: list[str] = json.loads((table.schema.metadata or {}).get(KEY.encode(), b"[]"))
    return told


def on_table(table: pa.Table, sentences: Iterable[str]) -> pa.Table:
    """Logs notes, and adds them to those that a table carries; a table without any stays as it is."""
    told = sorted({*of_table(table), *flagged(sentences)})
    if not told:
        return table
    return table.replace_schema_metadata({**(table.schema.metadata or {}), KEY.encode(): json.dumps(told).encode()})


def of_run(*reports: dict[str, Any]) -> list[str]:
    """Returns the notes of all reports of a run, in their order, each once."""
    return list(dict.fromkeys(note for report in reports for note in report.get(KEY, [])))
