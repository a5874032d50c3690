"""Stage `ingest`: brings the source into `data/dataset.parquet`, in the types of the contract."""

import logging

from .. import project
from ..mlops.core import params
from ..mlops.core.atomic import replacing
from ..mlops.core.paths import DATASET
from ..mlops.core.runner import run
from ..mlops.core.untrusted_text import address
from ..mlops.data import dataset

log = logging.getLogger(__name__)


def main() -> None:
    """Runs the stage."""
    ingest = params.load().ingest
    with replacing(DATASET) as beside:
        rows = dataset.write(ingest, beside, project.contract())
    log.info("ingested %s rows from %s", f"{rows:,}", address(ingest.source))


if __name__ == "__main__":
    run(main)
