"""An update of a project of the first release to this working tree by the guard. Of many: `bench/fleet.py`.

`uv run python bench/update.py`. The guard is the one of this working tree, as release 0.1.0 has none; the template is
on this machine. The guard of 0.5.0 does the same in the same turns.
"""

import shutil
import statistics
import sys
import tempfile
from pathlib import Path

import measured_projects
import templates

FIRST, BEFORE = "0.1.0", "0.5.0"
TIMES = 7
COPIER = str(Path(sys.executable).with_name("copier"))


def script(path: Path) -> tuple[str, ...]:
    """Returns the command that runs a script with the packages that it lists."""
    return ("uv", "run", "--quiet", "--script", str(path))


def ways(before: Path) -> dict[str, tuple[str, ...]]:
    """Returns the commands that are compared; `before` is the template of an older release."""
    ours, former = script(templates.ROOT / "hooks/update/main.py"), script(before / "template/tools/template/main.py")
    return {
        "update by the guard": (*ours, "update"),
        f"update by the guard of {BEFORE}": (*former, "update"),
        "update by `tools/update.py`": (*script(templates.ROOT / "template/tools/update.py"), "update"),
        "dry run": (*ours, "update", "--dry-run"),
        "status": (*ours, "status"),
        f"status by the guard of {BEFORE}": (*former, "status"),
        "`copier update`": (COPIER, "update", "--quiet", "--defaults", "--skip-answered"),
    }


def in_a_copy(project: Path, *command: str) -> float:
    """Runs a command in a copy of a project; returns the seconds."""
    with tempfile.TemporaryDirectory() as parent:
        copy = shutil.copytree(project, Path(parent) / "p", symlinks=True)
        return measured_projects.measure(copy, *command).seconds


def one(project: Path, compared: dict[str, tuple[str, ...]]) -> str:
    """Measures each way in turn; returns the rows of a table."""
    taken: dict[str, list[float]] = {name: [] for name in compared}
    for turn in range(TIMES + 1):
        for name, command in compared.items():
            seconds = in_a_copy(project, *command)
            taken[name] += [seconds] if turn else []  # the first installs the guard's packages
    ours = taken["update by the guard"]
    rows = []
    for name, times in taken.items():
        ratio = statistics.median(own / other for own, other in zip(ours, times, strict=True))
        rows.append(f"| {name} | {statistics.median(times):.2f} | {ratio:.2f} |")
    return "\n".join(rows)


def main() -> None:
    """Prints a Markdown table."""
    with tempfile.TemporaryDirectory() as parent:
        room = Path(parent)
        template = templates.repository(room / "template")
        templates.make(template, room / "p", FIRST)
        templates.commit(room / "p")
        (room / BEFORE).mkdir()
        compared = ways(templates.archive.unpacked(templates.archive.RELEASES / f"{BEFORE}.tar.gz", room / BEFORE))
        sys.stdout.write(f"| one project, median of {TIMES} | s | guard divided by it |\n|---|---:|---:|\n")
        sys.stdout.write(f"{one(room / 'p', compared)}\n")


if __name__ == "__main__":
    main()
