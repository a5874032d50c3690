"""One machine against many workers of it: seconds, and peak memory of all processes together.

`uv run python bench/scale.py 1000000 10000000 50000000`; validation of more than 10M rows at once needs more memory
than most machines have, and is left out.
"""

import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import measured_projects

AT_ONCE = 10_000_000
EVERY = 0.5  # seconds
PYTHON = ("uv", "run", "python", "-m")


@dataclass(frozen=True)
class Took:
    """What a command and all processes that it started took."""

    seconds: float
    gigabytes: float


def _parents() -> dict[int, int]:
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            found[int(path.parent.name)] = int(path.read_text(encoding="utf-8").rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def _kilobytes(root: int) -> int:
    """Returns what a process and all below it hold, shared pages divided among those who share them."""
    parents, family = _parents(), {root}
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    held = 0
    for pid in family:
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        held += next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)
    return held


def took(folder: Path, *command: str) -> Took:
    """Runs a command to its end; one that fails ends the measurement with what it printed."""
    peak, ended, start = 0, threading.Event(), time.perf_counter()
    with tempfile.TemporaryFile("w+") as output:
        with subprocess.Popen(  # noqa: S603
            command, cwd=folder, env=measured_projects.environment(), stdout=output, stderr=output
        ) as running:

            def watch() -> None:
                nonlocal peak
                while not ended.wait(EVERY):
                    peak = max(peak, _kilobytes(running.pid))

            watcher = threading.Thread(target=watch)
            watcher.start()
            running.wait()
            seconds = time.perf_counter() - start
            ended.set()
            watcher.join()
        if running.returncode:
            output.seek(0)
            raise SystemExit(f"{' '.join(command)} failed:\n{output.read()[-3000:]}")
    return Took(seconds, peak / 1e6)


def line(work: str, rows: int, one: Took | None, many: Took) -> None:
    """Prints a line of the table."""
    alone = f"{one.seconds:.1f} s, {one.gigabytes:.1f} GB" if one else "left out"
    ratio = f"{one.seconds / many.seconds:.2f}" if one else ""
    sys.stdout.write(f"| {work} | {rows:,} | {alone} | {many.seconds:.1f} s, {many.gigabytes:.1f} GB | {ratio} |\n")
    sys.stdout.flush()


def main() -> None:
    """Prints a Markdown table."""
    sys.stdout.write("| work | rows | one process | workers | first divided by second |\n|---|---:|---:|---:|---:|\n")
    with tempfile.TemporaryDirectory() as parent:
        folder = measured_projects.ready(Path(parent) / "p", maturity="intermediate", scale="ray")
        measured_projects.measure(folder, "make", "run", "export")
        package = f"{measured_projects.PACKAGE}."
        for rows in map(int, sys.argv[1:] or ("1000000",)):
            data = folder / "data/dataset.parquet"
            measured_projects.measure(folder, *PYTHON, f"{package}sample", str(data), "--rows", str(rows))
            one = took(folder, *PYTHON, f"{package}score", str(data), f"data/one-{rows}")
            many = took(folder, *PYTHON, f"{package}scale", "score", str(data), f"data/many-{rows}")
            line("score", rows, one, many)
            measured_projects.measure(folder, "rm", "-rf", f"data/one-{rows}", f"data/many-{rows}")
            alone = took(folder, *PYTHON, f"{package}validate") if rows <= AT_ONCE else None
            line("validate", rows, alone, took(folder, *PYTHON, f"{package}scale", "validate", str(data)))


if __name__ == "__main__":
    main()
