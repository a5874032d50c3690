"""Measures the feature store of a project: historical join at 100k and 1M rows, online reads from SQLite and Redis.

In an advanced project: `uv run python .../bench/features.py FOLDER`; needs redis-server; works in a copy below FOLDER.
"""

import json
import shutil
import socket
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

ENTITIES, READS = 10_000, 5_000


def part(package: str, name: str) -> Any:
    """Imports a module of the project's package."""
    return import_module(f"{package}.{name}")


def reads(package: str, names: list[str]) -> dict[str, float]:
    """Reads one entity at a time, then all in hundreds; milliseconds, and entities a second."""
    wire, read = part(package, "feature_store.wire"), part(package, "feature_store.online").reader(names)
    keys = [wire.entity_key("customer_id", f"C{number:010d}") for number in range(ENTITIES)]
    taken = []
    for number in np.random.default_rng(1).integers(0, ENTITIES, READS):
        start = time.perf_counter()
        (found,) = read([keys[number]])
        taken.append(time.perf_counter() - start)
        assert found is not None  # noqa: S101
    start = time.perf_counter()
    for first in range(0, ENTITIES, 100):
        read(keys[first : first + 100])
    rate = ENTITIES / (time.perf_counter() - start)
    p50, p99 = (1000 * float(np.percentile(taken, share)) for share in (50, 99))
    return {"p50_ms": round(p50, 3), "p99_ms": round(p99, 3), "entities_per_second": round(rate)}


def main() -> None:
    """Prints the measurements as JSON."""
    import os

    import pyarrow as pa
    import pyarrow.parquet as pq

    project = Path.cwd()
    package = next(project.glob("src/*/schema.py")).parent.name
    folder = Path(sys.argv[1]) / "bench"
    shutil.copytree(project / "feature_repo", folder / "feature_repo")
    shutil.copy(project / "params.yaml", folder)
    (folder / "models").mkdir()
    (folder / "data").mkdir()
    (folder / "models/registration.json").write_text(json.dumps({"model": "bench", "version": "1"}))
    os.chdir(folder)
    contract = part(package, "project").contract()
    join, settings = part(package, "feature_store.join"), part(package, "feature_store.settings")
    materialize, names = part(package, "feature_store.materialize"), [column.name for column in contract.features]
    found: dict[str, Any] = {}
    for rows in (1_000_000, 100_000, ENTITIES):
        table = pa.Table.from_batches(list(part(package, "sample").batches(rows, 7)))
        pq.write_table(table, "data/dataset.parquet")
        start = time.perf_counter()
        join.joined(table, contract, 0.0)
        found[f"join_{rows}_s"] = round(time.perf_counter() - start, 2)
    sys.argv = ["materialize", "--until", "2100-01-01"]
    materialize.main()
    found["sqlite"] = reads(package, names)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(  # noqa: S603
        [str(shutil.which("redis-server")), "--port", str(port), "--bind", "127.0.0.1", "--save", ""],
        stdout=subprocess.DEVNULL,
    )
    try:
        time.sleep(1)
        text = settings.CONFIG.read_text()
        said = f"  type: redis\n  connection_string: 127.0.0.1:{port}"
        settings.CONFIG.write_text(text.replace("  type: sqlite\n  path: ../data/features/online.db", said))
        materialize.main()
        found["redis"] = reads(package, names)
    finally:
        server.kill()
        server.wait()
    print(json.dumps(found, indent=2))  # noqa: T201


if __name__ == "__main__":
    main()
