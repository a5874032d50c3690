"""Shows the data before any training: `make explore`, which brings skrub for it."""

import logging

import pyarrow.parquet as pq

from .. import project
from ..mlops.core import params
from ..mlops.core.paths import DATASET
from ..mlops.core.pipeline import reproduce
from ..mlops.core.runner import run
from ..mlops.reporting import exploration, window

log = logging.getLogger(__name__)


def main() -> None:
    """Ingests the data where they are not there yet, writes the page, and opens it."""
    reproduce("ingest")
    table = pq.read_table(DATASET)
    path = exploration.render(table, project.contract(), params.load().train.seed)
    if len(table) > exploration.MAX_ROWS:
        log.info("%s of %s rows were drawn", f"{exploration.MAX_ROWS:,}", f"{len(table):,}")
    window.show(path)


if __name__ == "__main__":
    run(main)
