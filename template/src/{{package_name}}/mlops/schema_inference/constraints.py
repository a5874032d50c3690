"""Makes the limits that a contract sets from what a file showed, with slack: tomorrow's data are not yesterday's."""

import math
from typing import Any

import pyarrow.compute as pc

from .profiling import Profile

# A larger file in which no value of a column is missing shows that none may be.
LARGE = 100
# What of a range is added at both its ends.
SLACK = 0.5


def limits(found: Profile) -> tuple[float | None, float | None]:
    """Returns the limits of a column of numbers: its range and a half of it at both ends, rounded to two digits.

    What is never negative stays so, and what is never positive too.
    """
    low, high = (value.as_py() for value in pc.min_max(found.distinct).values())
    margin = SLACK * (high - low) or SLACK * abs(high) or 1
    digits = 1 - math.floor(math.log10(margin))
    step = 10.0**-digits
    least, most = math.floor((low - margin) / step) * step, math.ceil((high + margin) / step) * step
    least, most = max(least, 0) if low >= 0 else least, min(most, 0) if high <= 0 > low else most
    least, most = round(least, digits), round(most, digits)
    return (math.floor(least), math.ceil(most)) if found.kind == "int" else (least, most)


def allowed_missing(found: Profile, *, strict: bool = False) -> float:
    """Returns the share that may be missing: twice what is and 2 % more; nothing where nothing is, in a large file.

    Args:
        found: The column.
        strict: Nothing may be missing where nothing is, also in a small file.
    """
    if not found.missing:
        return 0.0 if strict or len(found.raw) >= LARGE else 0.05
    return min(1.0, math.ceil(200 * found.missing + 2) / 100)


def as_category(found: Profile) -> tuple[Any, ...]:
    """Returns the different values as categories."""
    return tuple(sorted(int(value) if found.is_whole else str(value) for value in found.distinct.to_pylist()))
