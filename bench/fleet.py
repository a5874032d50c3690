"""A status and an update of many projects by the fleet, from the first release to this working tree.

`uv run python bench/fleet.py [PROJECTS]`, 100 by default. No two projects have the same answers; each is a clone of a
remote on this machine, as the template is. The last rows start the guard for each project, as the fleet of 0.5.0 did.
"""

import json
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import measured_projects
import templates
from support.release_repository import git

FIRST, WORKERS, COLD = "0.1.0", 2, 10
FLEET = (sys.executable, str(templates.ROOT / "hooks/fleet"))
GUARD = ("uv", "run", "--quiet", "--script", str(templates.ROOT / "hooks/update/main.py"))


def clone(template: Path, room: Path, number: int) -> Path:
    """Makes a project with answers of its own, a bare remote, and a clone of that; returns the clone."""
    name = f"p{number:03}"
    project = room / "sources" / name
    templates.make(template, project, FIRST, project_name=f"churn-{number}", author_name=f"Team {number % 7}")
    templates.commit(project)
    (room / "fleet").mkdir(exist_ok=True)
    git(room, "clone", "--quiet", "--bare", str(project), f"remotes/{name}.git")
    git(room, "clone", "--quiet", f"remotes/{name}.git", f"fleet/{name}")
    return room / "fleet" / name


def row(name: str, count: int, seconds: float, processor: float) -> str:
    """Returns a row of the table."""
    return f"| {name} | {count} | {seconds:.0f} | {seconds / count:.2f} | {processor / count:.2f} |"


def by_fleet(verb: str, room: Path, count: int) -> str:
    """Measures the fleet, and demands that it reached all projects."""
    report = room / "report.json"
    command = (*FLEET, verb, str(room / "fleet"), "--workers", str(WORKERS), "--json", str(report))
    before = os.times()
    cost = measured_projects.measure(room, *command)
    processor = os.times().children_user + os.times().children_system - before.children_user - before.children_system
    rows = json.loads(report.read_text(encoding="utf-8"))
    report.unlink()
    moved = sum(one["exit"] == 0 and (verb == "status" or one["to"] == templates.HEAD) for one in rows)
    if {len(rows), moved} != {count}:
        sys.exit(f"{verb} did not reach all {count} projects: {json.dumps(rows[:3])}")
    return row(f"{verb} by the fleet", count, cost.seconds, processor)


def by_guard(verb: str, projects: list[Path], room: Path) -> str:
    """Measures the guard, started for each project."""
    before, start = os.times(), time.perf_counter()
    with ThreadPoolExecutor(WORKERS) as threads:
        run = partial(measured_projects.measure, room)
        list(threads.map(lambda project: run(*GUARD, verb, "--project", str(project)), projects))
    seconds = time.perf_counter() - start
    processor = os.times().children_user + os.times().children_system - before.children_user - before.children_system
    return row(f"{verb} by a guard started for each", len(projects), seconds, processor)


def main() -> None:
    """Prints a Markdown table."""
    count = int(sys.argv[1]) if sys.argv[1:] else 100
    with tempfile.TemporaryDirectory() as parent:
        room = Path(parent)
        template = templates.repository(room / "template")
        projects = [clone(template, room, number) for number in range(count)]
        sys.stdout.write(f"| {WORKERS} workers | projects | s | s a project | s of a processor a project |\n")
        sys.stdout.write("|---|---:|---:|---:|---:|\n")
        for verb in ("status", "update"):
            sys.stdout.write(f"{by_fleet(verb, room, count)}\n")
            sys.stdout.flush()
        for verb in ("status", "update"):
            sys.stdout.write(f"{by_guard(verb, projects[:COLD], room)}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
