"""What a stage of the pipeline used: time, processor, memory, bytes. `runner.run` measures it as the stage ends."""

import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

FOLDER = Path("reports/cost")
STAGE = "DVC_STAGE"  # DVC says in it which stage it runs


@dataclass(frozen=True)
class Usage:
    """What a process and the ones that it started used.

    Attributes:
        ended: Seconds since 1970.
        wall_seconds: Since the process began, imports included.
        cpu_seconds: Of all cores.
        peak_bytes: The largest resident memory of one process.
        read_bytes: From disk or cache; None where the system does not tell.
        written_bytes: Likewise.
        finished: Whether it did what it had to; a refused stage costs as well.
    """

    ended: float
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    read_bytes: int | None
    written_bytes: int | None
    finished: bool


def measured(*, finished: bool) -> Usage:
    """Returns what this process used until now."""
    import psutil

    process, now = psutil.Process(), time.time()
    moved = process.io_counters() if hasattr(process, "io_counters") else None
    return Usage(
        ended=round(now, 3),
        wall_seconds=round(now - process.create_time(), 3),
        cpu_seconds=round(sum(process.cpu_times()[:4]), 3),
        peak_bytes=_peak(process),
        read_bytes=getattr(moved, "read_chars", None),
        written_bytes=getattr(moved, "write_chars", None),
        finished=finished,
    )


def _peak(process: "psutil.Process") -> int:
    if sys.platform == "win32":
        return int(process.memory_info().peak_wset)
    import resource

    largest = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return largest * (1 if sys.platform == "darwin" else 1024)


def record(*, finished: bool) -> None:
    """Writes what this process used, if DVC runs it as a stage."""
    stage = os.environ.get(STAGE)
    if not stage:
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    beside = FOLDER / f".{stage}.part"
    beside.write_text(json.dumps(asdict(measured(finished=finished)), indent=2) + "\n", encoding="utf-8")
    beside.replace(FOLDER / f"{stage}.json")


def recorded() -> dict[str, Usage]:
    """Returns the last record of each stage, the oldest first; of a stage whose outputs were pulled there is none."""
    found = {path.stem: Usage(**json.loads(path.read_text(encoding="utf-8"))) for path in FOLDER.glob("[!.]*.json")}
    return dict(sorted(found.items(), key=lambda entry: entry[1].ended))
