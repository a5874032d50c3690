"""Finds copies: rows that are equal in everything but their ids, on which a model that knows one knows the other."""

import logging

import numpy as np
import pyarrow as pa

from ...roles import Id
from ..contract.columns import Contract
from . import sides

# Rows of few columns with few values are equal by chance, and each of them is an observation of its own.
COMBINATIONS_A_ROW = 100
FACTOR = np.uint64(0x9E3779B97F4A7C15)  # 2**64 by the golden ratio: spreads the numbers of values over all bits
log = logging.getLogger(__name__)


def firsts(table: pa.Table, contract_: Contract) -> np.ndarray | None:
    """Returns the position of the first copy of each row, shape (rows,); None where no two rows are copies.

    Two rows are copies if they are equal in features and target, and the columns can take far more combinations than
    there are different rows.
    """
    keys, combinations = np.zeros(len(table), dtype=np.uint64), 1.0
    for column in contract_.columns:
        if column.role(Id) or column.name not in table.column_names:
            continue
        codes = sides.codes(table[column.name])
        values = int(codes.max(initial=-1)) + 1
        if values == len(table):
            return None
        combinations *= values
        keys = (keys ^ (keys >> np.uint64(29))) * FACTOR + codes.astype(np.uint64)
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    equal = len(table) - len(first)
    if not equal:
        return None
    if combinations < COMBINATIONS_A_ROW * len(first):
        log.info("%s rows are equal to others, as rows of few values are by chance", f"{equal:,}")
        return None
    return np.asarray(first[inverse])


def note(firsts_: np.ndarray | None) -> list[str]:
    """Returns the note that rows are copies, if some are; `firsts_` is what `firsts` returned."""
    if firsts_ is None:
        return []
    equal = int((firsts_ != np.arange(len(firsts_))).sum())
    return [f"{equal:,} rows are copies of others: copies are on one side of the split"]
