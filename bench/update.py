"""An update of a project of the first release to this working tree: one by the guard, and of many by the fleet.

`uv run python bench/update.py [PROJECTS]`, 100 by default. The guard is the one of this working tree, as release 0.1.0
has none; the template is on this machine.
"""

import json
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

import measured_projects
import templates

FIRST = "0.1.0"
TIMES, WORKERS = 7, 2
GUARD = ("uv", "run", "--quiet", "--script", str(templates.ROOT / "template/tools/template/main.py"))
FLEET = (sys.executable, str(templates.ROOT / "hooks/fleet"))
COPIER = str(Path(sys.executable).with_name("copier"))
WAYS = {
    "update by the guard": (*GUARD, "update"),
    "dry run": (*GUARD, "update", "--dry-run"),
    "status": (*GUARD, "status"),
    "`copier update`": (COPIER, "update", "--quiet", "--defaults", "--skip-answered"),
}


def in_a_copy(project: Path, *command: str) -> float:
    """Runs a command in a copy of a project; returns the seconds."""
    with tempfile.TemporaryDirectory() as parent:
        copy = shutil.copytree(project, Path(parent) / "p", symlinks=True)
        return measured_projects.measure(copy, *command).seconds


def one(project: Path) -> str:
    """Measures each way in turn; returns the rows of a table."""
    taken: dict[str, list[float]] = {name: [] for name in WAYS}
    for turn in range(TIMES + 1):
        for name, command in WAYS.items():
            seconds = in_a_copy(project, *command)
            taken[name] += [seconds] if turn else []  # the first installs the guard's packages
    guard = taken["update by the guard"]
    rows = []
    for name, times in taken.items():
        ratio = statistics.median(ours / other for ours, other in zip(guard, times, strict=True))
        rows.append(f"| {name} | {statistics.median(times):.2f} | {ratio:.2f} |")
    return "\n".join(rows)


def many(project: Path, count: int, room: Path) -> str:
    """Measures a status and an update of so many copies; returns the rows of a table."""
    for number in range(count):
        shutil.copytree(project, room / f"fleet/p{number:03}", symlinks=True)
    report = room / "report.json"
    rows = []
    for verb in ("status", "update"):
        command = (*FLEET, verb, str(room / "fleet"), "--workers", str(WORKERS), "--json", str(report))
        seconds = measured_projects.measure(room, *command).seconds
        found = json.loads(report.read_text(encoding="utf-8"))
        moved = sum(row["to"] == templates.HEAD and row["exit"] == 0 for row in found) if verb == "update" else count
        if {len(found), moved} != {count}:
            sys.exit(f"{verb} did not reach all {count} projects: {json.dumps(found[:3])}")
        rows.append(f"| {verb} | {seconds:.0f} | {seconds / count:.2f} |")
        report.unlink()
    return "\n".join(rows)


def main() -> None:
    """Prints two Markdown tables."""
    count = int(sys.argv[1]) if sys.argv[1:] else 100
    with tempfile.TemporaryDirectory() as parent:
        room = Path(parent)
        template = templates.repository(room / "template")
        templates.make(template, room / "p", FIRST)
        templates.commit(room / "p")
        sys.stdout.write(f"| one project, median of {TIMES} | s | guard divided by it |\n|---|---:|---:|\n")
        sys.stdout.write(f"{one(room / 'p')}\n\n")
        sys.stdout.write(f"| {count} projects, {WORKERS} workers | s | s a project |\n|---|---:|---:|\n")
        sys.stdout.write(f"{many(room / 'p', count, room)}\n")


if __name__ == "__main__":
    main()
