"""Chooses the held-out rows: by time, by group, as a panel, stratified or at random; copies of a row stay together.

Not scikit-learn's splitters: they choose other rows, and the champion learned from some of those.
"""

from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...roles import EventTime, Group
from ..contract.columns import Contract
from ..core.errors import Refusal, UsageError
from ..core.params import Split
from . import copies, sides

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
    needed = {"time": (EventTime,), "group": (Group,), "panel": (EventTime, Group)}.get(asked, ())
    if not all(contract_.columns_with_role(role) for role in needed):
        names = " and ".join(role.__name__ for role in needed)
        raise UsageError(f"split.strategy is {asked}, but schema.py marks no column as {names}: mark it, or use auto.")
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
    marked = contract_.columns_with_role(EventTime)
    when = _microseconds(table[marked[0].name]) if marked else np.arange(len(table))
    if "days" in window and not marked:
        raise UsageError("split.window is in days, but schema.py marks no column as EventTime: mark it, or use rows.")
    if "days" in window and marked[0].kind != "time":
        raise UsageError(f"split.window is in days, but {marked[0].name} is a number: use rows, or read it as a time.")
    if "days" in window:
        return when > when.max(initial=0) - window["days"] * DAY_US
    inside = np.zeros(len(table), dtype=bool)
    inside[np.argsort(when, kind="stable")[-window["rows"] :]] = True
    return inside


def times(table: pa.Table, contract_: Contract, how: str) -> np.ndarray:
    """Returns when each row counts, by which a split by time is made, shape (rows,).

    By `time`, a group counts as late as its latest row, so that it is on one side only; in a `panel` each row does.
    """
    when = _microseconds(table[contract_.columns_with_role(EventTime)[0].name])
    groups = next((table[column.name] for column in contract_.columns_with_role(Group)), None)
    if how == "panel" or groups is None:
        return when
    latest = pa.table({"group": groups, "when": when}).group_by("group").aggregate([("when", "max")])
    return latest["when_max"].take(pc.index_in(groups, latest["group"])).to_numpy()


def held_out(
    table: pa.Table, contract_: Contract, how: str, share: float, seed: int, firsts: np.ndarray | None = None
) -> np.ndarray:
    """Chooses the held-out rows.

    Args:
        table: All rows with a target.
        contract_: The columns.
        how: What `strategy` decided.
        share: The share of rows to hold out, 0 to 1.
        seed: For the choices left to chance.
        firsts: Of `copies.firsts`, where single rows are chosen by chance.

    Returns:
        Booleans, shape (rows,): true where a row is held out.
    """
    if how in ("time", "panel"):
        return sides.by_time(times(table, contract_, how), share)
    if how == "group":
        return sides.by_group(table[contract_.columns_with_role(Group)[0].name], share, seed)
    labels = table[contract_.target.name] if how == "stratified" else None
    return sides.at_random(labels, firsts, len(table), share, seed)


def decide(table: pa.Table, contract_: Contract, chosen: Split) -> str:
    """Decides how to split a table; where whole groups can't be held out by time, `auto` takes it for a panel.

    Raises:
        UsageError: What is asked for can't be done.
    """
    how, share = strategy(contract_, chosen.strategy), chosen.test_share
    if chosen.strategy == "auto" and how == "time" and contract_.columns_with_role(Group):
        whole = sides.by_time(times(table, contract_, how), share)
        return how if sides.fits(whole, share) else "panel"
    return how


def divide(table: pa.Table, contract_: Contract, chosen: Split) -> tuple[str, np.ndarray, list[str]]:
    """Decides how to split, and chooses the held-out rows: see `decide` and `held_out`; returns notes with them."""
    how = decide(table, contract_, chosen)
    firsts = copies.firsts(table, contract_) if how in ("stratified", "random") else None
    return how, held_out(table, contract_, how, chosen.test_share, chosen.seed, firsts), copies.note(firsts)


def check_split(labels: pa.ChunkedArray, held: np.ndarray, contract_: Contract, how: str, share: float) -> None:
    """Refuses a split that leaves a side without rows, or without rows of a class, or that misses the share by far.

    Raises:
        UsageError: A side has none, or far more or fewer rows are held out than were asked for.
    """
    if held.all() or not held.any():
        raise UsageError(f"a split by {how} leaves no rows on one side of {len(held):,}: change split in params.yaml.")
    if not sides.fits(held, share):
        panel = "split.strategy: panel (of each group the later rows) or group" if how == "time" else "split.strategy"
        raise UsageError(
            f"a split by {how} holds out {held.sum():,} of {len(held):,} rows ({held.mean():.1%}), where "
            f"split.test_share asks for {share:.1%}: change split.test_share or {panel} in params.yaml."
        )
    for side, rows in (("to train", ~held), ("held out", held)):
        there = set(map(str, pc.unique(labels.filter(pa.array(rows))).to_pylist()))
        absent = [str(label) for label in contract_.classes if str(label) not in there]
        if absent:
            raise UsageError(
                f"of the rows {side} by {how}, none has {contract_.target.name} {', '.join(absent)}: "
                "add such rows, hold out more (split.test_share), or take the class out of the data and of schema.py."
            )
