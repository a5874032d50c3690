"""The model alone, no HTTP: `python raw.py ROWS.json SECONDS` prints latencies as JSON."""

import json
import sys
import time
from pathlib import Path

from pipeline import Model


def main() -> None:
    """Calls the model again and again."""
    rows, seconds = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), float(sys.argv[2])
    model, took = Model(), []
    for _ in range(20):
        model(rows)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        model(rows)
        took.append(time.perf_counter() - start)
    took.sort()
    found = {"rate": len(took) / sum(took), "p50": took[len(took) // 2] * 1e3, "p99": took[len(took) * 99 // 100] * 1e3}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
