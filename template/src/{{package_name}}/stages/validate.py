"""Stage `validate`: the data against the contract with Great Expectations; a failure halts the pipeline.

Writes the verdict to `reports/validation.json` and the Data Docs to `reports/data_docs/index.html`.
"""

import pyarrow.parquet as pq

from .. import project
from ..mlops.contract import tolerance
from ..mlops.core import params
from ..mlops.core.paths import DATA_DOCS, DATASET, VALIDATION
from ..mlops.core.runner import run
from ..mlops.validation import checkpoint, data_docs, suite, verdict


def main() -> None:
    """Runs the stage."""
    table, contract, chosen = pq.read_table(DATASET), project.contract(), params.load()
    frame, csv, least = table.to_pandas(), chosen.ingest.csv, chosen.validate_.min_rows
    expected = suite.build(contract, least, project.expectations(), chosen.validate_.tolerate)
    result = checkpoint.check(frame, expected)
    failed = checkpoint.failures(frame, result, csv)
    allowed = verdict.tolerated(frame, result, contract, tolerance.recalled(table.schema), len(frame))
    data_docs.save(expected, result, allowed)
    results, number = f"{DATA_DOCS}/index.html", len(expected.expectations)
    verdict.judge(failed, allowed, len(frame), number, VALIDATION, results)


if __name__ == "__main__":
    run(main)
