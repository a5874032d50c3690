"""Chooses the held-out rows: by time, by group, stratified or at random.

Not scikit-learn's splitters: they choose other rows, and the champion learned from some of those.
"""

from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...roles import EventTime, Group
from ..contract.columns import Contract
from ..core.errors import Refusal, UsageError

DAY_US = 24 * 3600 * 10**6


def strategy(contract_: Contract, asked: str) -> str:
    """Decides how to split; refuses what would leak from the future or from a group.

    Raises:
        UsageError: A random or stratified split was asked for although the contract has an event time or a group.
    """
    ordered = (
        "time" if contract_.columns_with_role(EventTime) else "group" if contract_.columns_with_role(Group) else None
    )
    if asked == "auto":
        return ordered or ("random" if contract_.problem == "regression" else "stratified")
    if asked in ("time", "group") and not contract_.columns_with_role(EventTime if asked == "time" else Group):
        raise UsageError(
            f"split.strategy is {asked}, but schema.py marks no column with that role: mark it, or use auto."
        )
    if asked in ("random", "stratified") and ordered:
        raise UsageError(
            f"split.strategy is {asked}, but schema.py has a {ordered} column, which would leak: use auto."
        )
    if asked == "stratified" and contract_.problem == "regression":
        raise UsageError("split.strategy is stratified, but the target is a number: use auto.")
    return asked


def _microseconds(times: pa.ChunkedArray) -> np.ndarray:
    if times.null_count:
        raise Refusal(f"{times.null_count:,} rows have no event time, so can't be split by it: correct the data.")
    return times.cast(pa.int64()).to_numpy()


def newest(table: pa.Table, contract_: Contract, window: dict[Literal["days", "rows"], int]) -> np.ndarray:
    """Chooses the rows of the newest `days`, or so many `rows`; without an event time, the last rows are the newest.

    Raises:
        UsageError: Days are asked for and there is no event time, or a row has none.
    """
    times = [_microseconds(table[column.name]) for column in contract_.columns_with_role(EventTime)]
    if "days" in window and not times:
        raise UsageError("split.window is in days, but schema.py marks no column as EventTime: mark it, or use rows.")
    when = times[0] if times else np.arange(len(table))
    if "days" in window:
        return when > when.max(initial=0) - window["days"] * DAY_US
    inside = np.zeros(len(table), dtype=bool)
    inside[np.argsort(when, kind="stable")[-window["rows"] :]] = True
    return inside


def _by_time(times: pa.ChunkedArray, groups: pa.ChunkedArray | None, share: float) -> np.ndarray:
    """Holds out the latest rows; a group counts as late as its latest row, so that it is on one side only."""
    when = _microseconds(times)
    if groups is not None:
        latest = pa.table({"group": groups, "when": when}).group_by("group").aggregate([("when", "max")])
        when = latest["when_max"].take(pc.index_in(groups, latest["group"])).to_numpy()
    cut = np.partition(when, int(len(when) * (1 - share)))[int(len(when) * (1 - share))]
    return when >= cut


def _by_group(groups: pa.ChunkedArray, share: float, seed: int) -> np.ndarray:
    encoded = pc.dictionary_encode(groups, null_encoding="encode").combine_chunks()
    chance = np.random.default_rng(seed).random(len(encoded.dictionary))
    return (chance < share)[encoded.indices.to_numpy(zero_copy_only=False)]


def _at_random(labels: pa.ChunkedArray | None, rows: int, share: float, seed: int) -> np.ndarray:
    """Holds out a share of the rows; of each label, where labels are given."""
    chance = np.random.default_rng(seed).random(rows)
    codes = np.zeros(rows, dtype=np.int64)
    if labels is not None:
        codes = pc.dictionary_encode(labels).combine_chunks().indices.to_numpy(zero_copy_only=False)
    held = np.zeros(rows, dtype=bool)
    for code in np.unique(codes):
        members = np.flatnonzero(codes == code)
        held[members[np.argsort(chance[members], kind="stable")[: round(len(members) * share)]]] = True
    return held


def held_out(table: pa.Table, contract_: Contract, how: str, share: float, seed: int) -> np.ndarray:
    """Chooses the held-out rows.

    Args:
        table: All rows with a target.
        contract_: The columns.
        how: What `strategy` decided.
        share: The share of rows to hold out, 0 to 1.
        seed: For the choices left to chance.

    Returns:
        Booleans, shape (rows,): true where a row is held out.
    """
    groups = next((table[column.name] for column in contract_.columns_with_role(Group)), None)
    if how == "time":
        return _by_time(table[contract_.columns_with_role(EventTime)[0].name], groups, share)
    if how == "group" and groups is not None:
        return _by_group(groups, share, seed)
    return _at_random(table[contract_.target.name] if how == "stratified" else None, len(table), share, seed)


def check_split(labels: pa.ChunkedArray, held: np.ndarray, contract_: Contract, how: str) -> None:
    """Refuses a split that leaves a side without rows, or without rows of a class: it can't be measured.

    Raises:
        UsageError: A side has none.
    """
    if held.all() or not held.any():
        raise UsageError(f"a split by {how} leaves no rows on one side of {len(held):,}: change split in params.yaml.")
    for side, rows in (("to train", ~held), ("held out", held)):
        there = set(map(str, pc.unique(labels.filter(pa.array(rows))).to_pylist()))
        absent = [str(label) for label in contract_.classes if str(label) not in there]
        if absent:
            raise UsageError(
                f"of the rows {side} by {how}, none has {contract_.target.name} {', '.join(absent)}: "
                "add such rows, hold out more (split.test_share), or take the class out of the data and of schema.py."
            )
