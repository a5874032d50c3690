"""Time and peak memory of the monitor by the number of predictions, without labels and with one for each.

`uv run python bench/monitoring.py 20000 1000000 10000000`
"""

import json
import sys
import tempfile
from pathlib import Path

import measured_projects

WRITER = Path(__file__).resolve().parents[1] / "tests/support/services/prediction_log_writer.py"


def main() -> None:
    """Prints a Markdown table: a row a size, wall seconds, in brackets those of a processor, and MB."""
    sys.stdout.write("| predictions | without labels | with a label each |\n|---:|---:|---:|\n")
    with tempfile.TemporaryDirectory() as parent:
        folder = measured_projects.ready(Path(parent) / "p", maturity="intermediate")
        measured_projects.measure(folder, "make", "run")
        python = str(folder / ".venv/bin/python")
        for rows in map(int, sys.argv[1:] or ("20000", "1000000")):
            measured_projects.measure(folder, python, str(WRITER), json.dumps([{"name": str(rows), "rows": rows}]))
            command = (python, "-m", f"{measured_projects.PACKAGE}.monitor", "--predictions", f"logs/{rows}")
            costs = [
                measured_projects.measure(folder, *command, *more)
                for more in ((), ("--labels", f"labels/{rows}.parquet"))
            ]
            told = " | ".join(
                f"{cost.seconds:.1f} s ({cost.processor:.1f} s), {cost.megabytes:,.0f} MB" for cost in costs
            )
            sys.stdout.write(f"| {rows:,} | {told} |\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
