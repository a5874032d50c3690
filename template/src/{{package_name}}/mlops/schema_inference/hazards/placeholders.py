"""Finds numbers and dates that stand for a missing value, such as -999, 9999 or 1900-01-01.

Such a value is the lowest or the highest of its column, frequent, and far from all others.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ....roles import Group, Id, Target
from ...core.errors import UsageError
from ..profiling import Decision, Profile

KINDS = ("int", "float", "time")
# Frequent: in so many rows, and in such a share of those that have a value.
ROWS, SHARE = 5, 0.005
# Far: the next value is so many times as far away as all others reach. 0 is often an amount, -999 and 1900 never are.
FAR, FAR_ZERO, FAR_USUAL = 3.0, 10.0, 1.0
# Of fewer other values, one that is far away may be a value like them.
VALUES, VALUES_USUAL = 10, 3
USUAL = re.compile(r"-?(99+|88+|77+)|9999-.*|1[89]00-01-01.*|1970-01-01.*")


@dataclass(frozen=True)
class Placeholder:
    """A value that looks like "missing", as it is typed, and the share of the rows in which it is."""

    text: str
    share: float

    @property
    def sentence(self) -> str:
        """Says what was seen."""
        return f"{self.text} in {self.share:.1%} of the rows looks like 'missing'"


def _typed(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat().removesuffix("T00:00:00")
    return f"{value:.15g}"


def _is_far(at: float, others: np.ndarray, text: str) -> bool:
    """Whether a number is far from the others, which are sorted."""
    usual = USUAL.fullmatch(text) is not None
    if len(others) < (VALUES_USUAL if usual else VALUES):
        return False
    gap, reach = min(abs(others[0] - at), abs(others[-1] - at)), others[-1] - others[0]
    return bool(gap > reach * (FAR_USUAL if usual else FAR_ZERO if text == "0" else FAR))


def of(found: Profile, elsewhere: Collection[str] = ()) -> list[Placeholder]:
    """Returns the lowest and the highest value of a column, if they look like "missing".

    Args:
        found: The column.
        elsewhere: Values that look so in other columns: a negative one does here too, where all others are not.
    """
    if found.kind not in KINDS or len(found.distinct) <= VALUES_USUAL:
        return []
    ends, shares = list(pc.min_max(found.distinct).values()), {}
    for end in ends:
        rows = pc.sum(pc.equal(found.values, end)).as_py()
        if rows >= max(ROWS, SHARE * found.present):
            shares[_typed(end.as_py())] = end, rows / len(found.values)
    result = []
    for text, (end, share) in shares.items():
        frequent = pa.array([other for other, _ in shares.values()], found.distinct.type)
        rest = found.distinct.filter(pc.invert(pc.is_in(found.distinct, value_set=frequent)))
        others = np.sort(_numbers(rest))
        at = _numbers(pa.array([end], found.distinct.type))[0]
        alone = text in elsewhere and len(others) and at < 0 <= others[0]
        if alone or _is_far(at, others, text):
            result.append(Placeholder(text, share))
    return result


def _numbers(values: pa.Array) -> np.ndarray:
    whole = values.cast(pa.int64()) if pa.types.is_temporal(values.type) else values
    return np.asarray(whole.to_numpy(zero_copy_only=False), dtype=np.float64)


def told(decisions: list[Decision], kept: Collection[str]) -> list[Decision]:
    """Adds to each decision which values look like "missing", and which are missing as asked.

    Raises:
        UsageError: One of the target does, and nobody said what it is.
    """
    seen = [one for one in decisions if one.column and not (one.column.role(Id) or one.column.role(Group))]
    found = {one.profile.name: of(one.profile) for one in seen if one.column and one.column.kind != "category"}
    elsewhere = {each.text for several in found.values() for each in several}
    result = []
    for one in decisions:
        name, why = one.profile.name, one.why
        if one.column and one.profile.placeholders:
            why += f"; {', '.join(map(_typed, one.profile.placeholders))} is missing, as asked"
        for each in of(one.profile, elsewhere) if name in found else []:
            if each.text in kept or f"{name}={each.text}" in kept:
                continue
            if one.column and one.column.role(Target):
                raise UsageError(
                    f"of target {name}, {each.sentence}: give --missing {each.text} if it is, "
                    f"--keep {each.text} if it is a value."
                )
            where = f"{name}=" if each.text == "0" else ""  # of other columns it is an amount
            why += f"; {each.sentence}: --missing {where}{each.text}"
        result.append(replace(one, why=why))
    return result
