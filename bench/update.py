"""An update of a project of the first release to this working tree by the guard. Of many: `bench/fleet.py`.

`uv run python bench/update.py`. The guard is the one of this working tree, as release 0.1.0 has none; the template is
on this machine.
"""

import shutil
import statistics
import sys
import tempfile
from pathlib import Path

import measured_projects
import templates

FIRST = "0.1.0"
TIMES = 7
GUARD = ("uv", "run", "--quiet", "--script", str(templates.ROOT / "template/tools/template/main.py"))
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


def main() -> None:
    """Prints a Markdown table."""
    with tempfile.TemporaryDirectory() as parent:
        room = Path(parent)
        template = templates.repository(room / "template")
        templates.make(template, room / "p", FIRST)
        templates.commit(room / "p")
        sys.stdout.write(f"| one project, median of {TIMES} | s | guard divided by it |\n|---|---:|---:|\n")
        sys.stdout.write(f"{one(room / 'p')}\n")


if __name__ == "__main__":
    main()
