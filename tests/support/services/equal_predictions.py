"""Runs in a project: fits a family, exports it, and compares bundle and pipeline on rows that neither has seen.

`python compare.py PACKAGE FAMILY ROWS` prints what it found as JSON.
"""

import importlib
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq


def main(package: str, family: str, rows: int) -> None:
    """Fits, exports, compares."""
    names = (
        "project mlops.contract.frame mlops.core.params mlops.data.synthetic mlops.models.fitting "
        "mlops.models.prediction mlops.serving.compilation.describe mlops.serving.compilation.export "
        "mlops.serving.model.bundle mlops.serving.model.tables"
    )
    of = SimpleNamespace(
        **{name.rpartition(".")[2]: importlib.import_module(f"{package}.{name}") for name in names.split()}
    )
    found, chosen = of.project.contract(), of.params.load()
    table = pq.read_table("data/train.parquet")
    train = chosen.train.model_copy(update={"family": family})
    frame, labels = of.frame.feature_frame(table, found), of.frame.target_labels(table, found)
    pipeline = of.project.pipeline(found, family, train.hyperparameters, train.seed)
    pipeline, _ = of.fitting.fit(pipeline, frame, labels, train)
    tags = dict.fromkeys(("model_hash", "data_hash", "git_commit", "git_dirty", "gates"), "")
    version = SimpleNamespace(
        name=family, version=1, run_id="", creation_timestamp=0, tags={**tags, "target": found.target.name}
    )
    folder = Path(f"{family}/served")
    of.export.write(pipeline, Path(), of.describe.facts(version, pipeline, found), found, folder)
    served = of.bundle.load(folder)

    frame = pa.Table.from_batches(of.synthetic.batches(rows, seed=99)).to_pandas()
    rng = np.random.default_rng(99)
    for column in served.features:
        lost, strange = (rng.random(rows) < share for share in (0.1, 0.1))
        if column.kind == "category":
            frame[column.name] = frame[column.name].mask(strange, "never seen")
        frame[column.name] = frame[column.name].astype("object").mask(lost, None)
    schema = of.synthetic.SCHEMA
    spoiled = pa.table({name: pa.array(frame[name].to_numpy(), schema.field(name).type) for name in schema.names})
    expected = of.prediction.predict(pipeline, of.frame.feature_frame(spoiled, found), found)
    codes = of.tables.codes(spoiled, served.features)
    answers = served.predict(codes)
    threshold = served.facts["threshold"]
    flipped = of.prediction.apply_threshold(answers, threshold) != of.prediction.apply_threshold(expected, threshold)
    each = np.concatenate([served.predict(codes[row : row + 1]) for row in range(min(rows, 2_000))])
    told = {
        "path": served.facts["path"],
        "rows": len(expected),
        "spoiled": int(np.isnan(codes).any(axis=1).sum()),
        "largest_difference": float(np.abs(answers - expected).max()),
        "row_by_row": float(np.abs(each - answers[: len(each)]).max()),
        "labels_flipped": int(flipped.sum()),
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
