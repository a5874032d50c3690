"""Writes prediction logs in the schema of the service, with the project's own sample and model; run by its Python.

The argument is a JSON list; of each log `name`, and where they are not the defaults `rows`, `seed`, `drift`, `version`,
`begin` and `days`. Leaves `logs/<name>/` and, of the same rows, `labels/<name>.parquet`.
"""

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

PACKAGE = next(Path("src").glob("*/schema.py")).parent.name
project = import_module(f"{PACKAGE}.project")
frame, persistence, prediction, synthetic = (
    import_module(f"{PACKAGE}.mlops.{name}")
    for name in ("contract.frame", "models.persistence", "models.prediction", "data.synthetic")
)


def answered(rows: pa.Table, pipeline: Any, first: int, times: np.ndarray, version: str) -> pa.Table:
    """Returns rows as the service logs them."""
    value = prediction.predict(pipeline, frame.feature_frame(rows, project.contract()), project.contract())[:, 1]
    logged = {
        "_request_id": pa.array([f"request-{n}" for n in range(first, first + len(rows))]),
        "_row": pa.array(np.zeros(len(rows), dtype=np.int64)),
        "_time": pa.array(times),
        "_model_version": pa.array([version] * len(rows)),
        "_label": pa.array(np.where(value >= 0.5, "True", "False")),
        "_value": pa.array(value),
        "_probabilities": pa.nulls(len(rows), pa.list_(pa.float64())),
    }
    kept = rows.drop_columns([project.contract().target.name])
    return pa.table(dict(zip(kept.column_names, kept.columns, strict=True)) | logged)


def write(
    name: str,
    rows: int = 2_000,
    seed: int = 100,
    drift: str = "none",
    version: str = "1",
    begin: str = "2026-01-01",
    days: int = 21,
) -> None:
    """Writes one log and its labels."""
    record = json.loads(Path("models/model.json").read_text(encoding="utf-8"))
    pipeline = persistence.load(Path("models/model.skops"), record["sha256"], project.trusted())
    folder, first, known = Path("logs") / name, 0, []
    for batch in synthetic.batches(rows, seed, drift):
        table = pa.Table.from_batches([batch])
        passed = (first + np.arange(len(table))) / rows * days * 86_400e6
        times = np.datetime64(begin, "us") + passed.astype("timedelta64[us]")
        log = answered(table, pipeline, first, times, version)
        known.append(log.select(["_request_id", "_row", "customer_id"]).append_column("churned", table["churned"]))
        day = folder / str(times[0].astype("datetime64[D]"))
        day.mkdir(parents=True, exist_ok=True)
        pq.write_table(log, day / f"{first:09}-{seed}.parquet")
        first += len(table)
    Path("labels").mkdir(exist_ok=True)
    pq.write_table(pa.concat_tables(known), f"labels/{name}.parquet")


for asked in json.loads(sys.argv[1]):
    write(**asked)
