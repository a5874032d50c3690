"""`scale features`: computes the frame that the model takes, as Parquet parts beside id, time, group and target."""

import logging
from pathlib import Path

import pyarrow as pa

from ... import project
from ...roles import EventTime, Group, Id, Target
from ..contract.columns import Contract
from ..contract.frame import feature_frame
from ..core import params
from ..data.storage import fingerprint
from . import cluster, parts, pieces, settings
from .pieces import Piece

log = logging.getLogger(__name__)


def _computed(table: pa.Table, contract_: Contract) -> pa.Table:
    kept = [column.name for role in (Id, EventTime, Group, Target) for column in contract_.columns_with_role(role)]
    computed = pa.Table.from_pandas(feature_frame(table, contract_), preserve_index=False)
    found = {name: table[name] for name in dict.fromkeys(kept)}
    for column in contract_.features:
        # By the contract: a piece without a value has no type of its own.
        found[column.name] = computed[column.name].cast(column.arrow if column.kind == "category" else pa.float64())
    return pa.table(found)


def compute(piece: Piece, contract_: Contract, folder: Path) -> int:
    """Writes one part."""
    return parts.put(folder, piece.number, (_computed(table, contract_) for table in pieces.read(piece)))


def run(url: str, folder: Path) -> None:
    """Computes what is not there yet.

    Raises:
        Refusal: The input was not brought in to its end, or the folder holds something else.
    """
    parts.demand_finished(url)
    chosen, contract_ = settings.load(), project.contract()
    cut = pieces.of_parquet(url, params.load().ingest.csv, chosen.piece_rows)
    facts = {"input": fingerprint(url), "contract": repr(contract_), "cutting": chosen.piece_rows}
    parts.begin(folder, "features", facts)
    with cluster.started(chosen.workers):
        known = cluster.shared(contract_)
        cluster.each(compute, [(cut[n], known, folder) for n in parts.absent(folder, range(len(cut)))])
    log.info("computed the features of %s rows", f"{parts.finish(folder, len(cut)):,}")
