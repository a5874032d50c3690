"""Time and peak memory of every stage by the number of rows.

`uv run python bench/stages.py 10000 100000 1000000 10000000`
"""

import sys
import tempfile
from pathlib import Path

import measured_projects

STAGES = ("ingest", "validate", "split", "train", "evaluate", "register", "card")


def main() -> None:
    """Prints a Markdown table: a row a size, seconds and MB a stage."""
    sys.stdout.write(f"| rows | {' | '.join(STAGES)} |\n|---:|{'---:|' * len(STAGES)}\n")
    for rows in map(int, sys.argv[1:] or ("10000", "100000", "1000000")):
        with tempfile.TemporaryDirectory() as parent:
            folder = measured_projects.ready(Path(parent) / "p", rows)
            costs = []
            for stage in STAGES:
                command = (str(folder / ".venv/bin/python"), "-m", f"{measured_projects.PACKAGE}.{stage}")
                cost = measured_projects.measure(folder, *command)
                costs.append(f"{cost.seconds:.1f} s, {cost.megabytes:,.0f} MB")
        sys.stdout.write(f"| {rows:,} | {' | '.join(costs)} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
