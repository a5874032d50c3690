"""The end of stage `ingest`: a point-in-time join by Feast gives every row the features known when it happened.

Neither later features get into a row nor corrections that arrived later. Rows that do not fit the contract are left as
they are, for `validate` to refuse; without an entity and an event time there is nothing to join by.
"""

import logging
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ... import project
from ..contract.columns import Contract
from ..core.atomic import replacing
from ..core.errors import GateRefused, Refusal
from ..core.paths import DATASET
from . import history, settings
from .definitions import EVENT, keys

ROW = "row_"
log = logging.getLogger(__name__)


def fits(table: pa.Table, contract_: Contract) -> bool:
    """Whether the rows can be joined; what `validate` will refuse can't."""
    found = keys(contract_)
    if found is None:
        log.warning("schema.py has no single Id and EventTime: rows keep their features, nothing is joined")
        return False
    types = dict(zip(table.column_names, table.schema.types, strict=True))
    bad = [column.name for column in contract_.columns if types.get(column.name) != column.arrow]
    bad += [column.name for column in found if column.name not in bad and table[column.name].null_count]
    if bad:
        log.warning("%s: not as the contract has it, so nothing is joined and validate decides", ", ".join(bad))
    return not bad


def historical(store: Any, view: Any, spine: pa.Table, names: list[str]) -> pa.Table:
    """Asks Feast for the features of each row of the spine, and returns them in its order.

    Args:
        store: Feast, the view applied.
        view: The feature view.
        spine: Entity, event time and row number.
        names: Of the features.
    """
    job = store.get_historical_features(
        entity_df=spine.to_pandas(),
        features=[f"{view.name}:{name}" for name in names],
        filter_by_created_timestamp=True,
    )
    found = job.to_arrow().sort_by(ROW)
    if len(found) != len(spine):
        raise Refusal(f"the join made {len(found):,} rows of {len(spine):,}: the history has a row twice, correct it.")
    return found


def joined(table: pa.Table, contract_: Contract, share: float) -> pa.Table:
    """Returns the rows with the features of the store, those without any left out.

    Args:
        table: As ingested.
        contract_: The columns.
        share: Of rows that may have no features at their time.

    Raises:
        GateRefused: More have none.
    """
    from . import store as feast
    from .definitions import demanded

    key, when = demanded(contract_)
    entity, source, view = feast.defined()
    if feast.on_files(source):
        history.build()
    store = feast.connect()
    store.apply([entity, source, view])
    rows = pa.array(np.arange(len(table)))
    spine = pa.table({key.name: table[key.name], EVENT: table[when.name].cast(history.TIME), ROW: rows})
    found = historical(store, view, spine, [column.name for column in contract_.features])
    made = table
    for column in contract_.features:
        place = made.schema.get_field_index(column.name)
        made = made.set_column(place, column.name, history.contracted(found[column.name], column))
    without = np.ones(len(table), dtype=bool)
    for column in contract_.features:
        without &= pc.is_null(made[column.name]).to_numpy()
    if without.sum() > share * len(table):
        raise GateRefused(
            f"{without.sum():,} of {len(table):,} rows have no features at their time, features.missing_share allows "
            f"{share:g}: add history before {when.name}, or raise features.ttl_days."
        )
    log.info("joined %s rows point in time, %s without features left out", f"{(~without).sum():,}", without.sum())
    return made.filter(pa.array(~without)) if without.any() else made


def main() -> None:
    """Joins the ingested rows."""
    contract_, table = project.contract(), pq.read_table(DATASET)
    if not fits(table, contract_):
        return
    made = joined(table, contract_, settings.load().missing_share)
    with replacing(DATASET) as beside:
        pq.write_table(made, beside)
