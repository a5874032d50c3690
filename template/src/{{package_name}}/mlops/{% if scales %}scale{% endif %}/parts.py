"""The folder that the pieces are written to: what it is for, which parts are there, and whether it is finished.

A part is written beside, under a name of its own, and put in place whole: a worker that is killed leaves nothing that
is read, two that do the same piece do no harm, and a run that was killed goes on with the parts that are absent.
"""

import json
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..core.atomic import write
from ..core.errors import Refusal, UsageError

JOB, DONE = "_job.json", "_done.json"


def path(folder: Path, number: int) -> Path:
    """Returns where a part lies."""
    return folder / f"part-{number:05}.parquet"


def put(folder: Path, number: int, tables: Iterable[pa.Table]) -> int:
    """Writes tables of one schema as a part; returns the number of rows."""
    target = path(folder, number)
    beside = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    rows, writer = 0, None
    try:
        for table in tables:
            writer = writer or pq.ParquetWriter(beside, table.schema)
            writer.write_table(table)
            rows += len(table)
        if writer:
            writer.close()
            beside.replace(target)
    finally:
        if writer:
            writer.close()
        beside.unlink(missing_ok=True)
    return rows


def begin(folder: Path, what: str, facts: dict[str, Any]) -> dict[str, Any]:
    """Returns what the folder remembers of its job; in a new folder, remembers this one.

    Args:
        folder: Where the parts go.
        what: They are, for the refusal.
        facts: What the parts depend on: input, model, cutting.

    Raises:
        UsageError: The folder holds something else: other files, or parts made of something else.
    """
    if (folder / JOB).exists():
        known = json.loads((folder / JOB).read_text(encoding="utf-8"))
        differs = [name for name, fact in facts.items() if known.get(name) != fact]
        if differs:
            raise UsageError(f"{folder} holds {what} of another {differs[0]}: name another folder, or remove this one.")
        return dict(known)
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} holds other files: name a folder that is empty or does not exist yet.")
    now = datetime.now(UTC).replace(tzinfo=None).isoformat()
    new = {**facts, "request_id": uuid.uuid4().hex, "time": now}
    write(folder / JOB, json.dumps(new, indent=2) + "\n")
    return new


def absent(folder: Path, numbers: Iterable[int]) -> list[int]:
    """Returns the parts that are not there yet."""
    return [number for number in numbers if not path(folder, number).exists()]


def finish(folder: Path, pieces: int) -> int:
    """Says that all parts are there, after removing what killed workers left; returns the number of rows."""
    for left in folder.glob(".part-*"):
        left.unlink(missing_ok=True)
    there = [path(folder, number) for number in range(pieces) if path(folder, number).exists()]
    rows = sum(pq.read_metadata(part).num_rows for part in there)
    write(folder / DONE, json.dumps({"parts": len(there), "rows": rows}) + "\n")
    return rows


def demand_finished(url: str) -> None:
    """Refuses a folder that one of these verbs began to write and did not finish.

    Raises:
        Refusal: Parts may be absent.
    """
    folder = Path(url)
    if (folder / JOB).exists() and not (folder / DONE).exists():
        raise Refusal(f"{folder} is not finished: run what writes it again, it goes on where it was.")
