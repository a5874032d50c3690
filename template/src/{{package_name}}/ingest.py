"""Stage `ingest`: brings the source into `data/dataset.parquet`, in the types of the contract."""

import logging

from . import dataset, params, project
from .foreign import address
from .paths import DATASET
from .stage import replacing, run

log = logging.getLogger(__name__)


def main() -> None:
    """Runs the stage."""
    ingest = params.load().ingest
    with replacing(DATASET) as beside:
        rows = dataset.write(ingest, beside, project.contract())
    log.info("ingested %s rows from %s", f"{rows:,}", address(ingest.source))


if __name__ == "__main__":
    run(main)
