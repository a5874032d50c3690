"""The whole pipeline (`dvc repro`, a process a stage) against the same functions in one process, pair by pair.

`uv run python bench/one_process.py 10000 1000000`
"""

import statistics
import sys
import tempfile
from pathlib import Path

import measured_projects

STAGES = ("ingest", "validate", "split", "train", "evaluate", "register", "card")
SCRIPT = f"""
import sys
sys.argv = ["card"]
from {measured_projects.PACKAGE} import {", ".join(STAGES)}
for stage in ({", ".join(STAGES)}):
    stage.main()
"""


def forget(folder: Path) -> None:
    """Removes results and stores, so that both sides do all the work."""
    names = "data models reports mlruns mlflow.db dvc.lock metrics.json MODEL_CARD.md audit.jsonl .dvc/cache .dvc/tmp"
    measured_projects.measure(folder, "rm", "-rf", *names.split())


def main() -> None:
    """Prints a Markdown table."""
    sys.stdout.write("| rows | pipeline, s | one process, s | ratio (median of 3 pairs) |\n|---:|---:|---:|---:|\n")
    for rows in map(int, sys.argv[1:] or ("10000", "1000000")):
        with tempfile.TemporaryDirectory() as parent:
            folder = measured_projects.ready(Path(parent) / "p", rows)
            pairs = []
            for _ in range(3):
                forget(folder)
                whole = measured_projects.measure(folder, "uv", "run", "dvc", "repro").seconds
                forget(folder)
                pairs.append((whole, measured_projects.measure(folder, "uv", "run", "python", "-c", SCRIPT).seconds))
        whole, single = (statistics.median(side) for side in zip(*pairs, strict=True))
        ratio = statistics.median(a / b for a, b in pairs)
        sys.stdout.write(f"| {rows:,} | {whole:.1f} | {single:.1f} | {ratio:.2f} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
