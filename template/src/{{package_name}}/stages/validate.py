"""Stage `validate`: the data against the contract with Great Expectations; a failure halts the pipeline.

Writes the verdict to `reports/validation.json` and the Data Docs to `reports/data_docs/index.html`.
"""

import pyarrow.parquet as pq

from .. import project
from ..mlops.core import params
from ..mlops.core.paths import DATA_DOCS, DATASET, VALIDATION
from ..mlops.core.runner import run
from ..mlops.validation import checkpoint, suite


def main() -> None:
    """Runs the stage."""
    frame = pq.read_table(DATASET).to_pandas()
    expected = suite.build(project.contract(), params.load().validate_.min_rows, project.expectations())
    failed = checkpoint.failures(frame, checkpoint.check(frame, expected))
    checkpoint.judge(failed, len(frame), len(expected.expectations), VALIDATION, f"{DATA_DOCS}/index.html")


if __name__ == "__main__":
    run(main)
