"""Finds features that are the event time in another form: the held-out rows, the latest, have values of their own."""

import numpy as np
import pyarrow as pa

from ...roles import EventTime
from ..contract.columns import Contract
from .single_feature import MIN_LEAF, ranked

# The rank correlation from which on a column is a copy of the event time, if with a delay that varies.
SAME_ORDER = 0.999


def _follows(ranks: np.ndarray, when: np.ndarray) -> bool:
    """Whether values never fall as time goes on, or nearly never."""
    order = np.lexsort((ranks, when))
    return bool((np.diff(ranks[order]) >= 0).all() or np.corrcoef(ranks, when)[0, 1] >= SAME_ORDER)


def of_time(table: pa.Table, contract: Contract) -> dict[str, str]:
    """Finds features that are a monotone function of the event time, such as a copy of it.

    Returns:
        By feature why it is none, as the rest of a sentence.
    """
    found: dict[str, str] = {}
    for time in contract.columns_with_role(EventTime):
        when = ranked(table[time.name], time)
        for column in contract.features:
            ranks = ranked(table[column.name], column)
            known = ranks > 0
            sizes = np.unique(ranks[known], return_counts=True)[1]
            # A value that only a few rows have is the last one by chance.
            usual = 2 * known.sum() >= len(ranks) and sizes.sum() - sizes.max() >= MIN_LEAF
            if usual and np.ptp(when[known]) and any(_follows(sign * ranks[known], when[known]) for sign in (1, -1)):
                found[column.name] = f"is the event time {time.name} in another form: it only rises or falls with it"
    return found
