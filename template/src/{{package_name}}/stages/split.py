"""Stage `split`: holds rows out for evaluation, as the contract demands: by time, by group, as a panel, or stratified.

Rows without a target can't teach or test anything, those before `split.window` no more: both are left out, and counted.
"""

import logging

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from .. import project
from ..mlops.contract import notes
from ..mlops.core import params
from ..mlops.core.atomic import replacing
from ..mlops.core.paths import DATASET, TEST, TRAIN
from ..mlops.core.runner import run
from ..mlops.data import splitters

log = logging.getLogger(__name__)


def main() -> None:
    """Runs the stage."""
    chosen, contract_ = params.load().split, project.contract()
    table = pq.read_table(DATASET)
    labelled = table.filter(pc.is_valid(table[contract_.target.name]))
    if len(labelled) < len(table):
        log.info("%s rows without a target left out", f"{len(table) - len(labelled):,}")
    if chosen.window:
        inside = splitters.newest(labelled, contract_, chosen.window)
        labelled = labelled.filter(pa.array(inside))
        log.info("%s older rows left out by split.window", f"{(~inside).sum():,}")
    how, held, told = splitters.divide(labelled, contract_, chosen)
    splitters.check_split(labelled[contract_.target.name], held, contract_, how, chosen.test_share)
    labelled = notes.carried(labelled, notes.flagged(told))
    for path, rows in ((TRAIN, ~held), (TEST, held)):
        with replacing(path) as beside:
            pq.write_table(labelled.filter(pa.array(rows)), beside)
    counts = f"{(~held).sum():,}", f"{held.sum():,}", f"{held.mean():.1%}"
    log.info("split by %s: %s rows to train, %s held out (%s)", how, *counts)


if __name__ == "__main__":
    run(main)
