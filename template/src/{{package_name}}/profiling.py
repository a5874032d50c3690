"""Looks at one column of a file: how many values it has, which limits fit them, what they could be taken for."""

import math
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from .contract import Column, Kind
from .params import Csv
from .parse import to_kind

# A text column with more different values than this, or with fewer rows a value than that, is no set of categories.
MAX_CATEGORIES, ROWS_A_CATEGORY = 60, 5
# A larger file in which no value of a column is missing shows that none may be.
LARGE = 100
# What of a range is added at both its ends, for tomorrow's data are not yesterday's.
SLACK = 0.5


@dataclass(frozen=True)
class Profile:
    """A column of the file and its kind, which is None where no column of a contract can have such values."""

    name: str
    raw: pa.ChunkedArray
    kind: Kind | None
    csv: Csv

    def typed(self, column: Column) -> pa.ChunkedArray:
        """Returns the values as `ingest` will read them."""
        return to_kind(self.raw, column, self.csv.decimal, self.csv.time_format)

    @cached_property
    def values(self) -> pa.ChunkedArray:
        """The values in their kind, missing ones as null."""
        return pa.chunked_array([pa.nulls(len(self.raw))]) if self.kind is None else self.typed(Column("", self.kind))

    @cached_property
    def distinct(self) -> pa.Array:
        """The different values, in the order in which they appear."""
        return self.values.drop_null().unique()

    @property
    def present(self) -> int:
        """The number of values that are not missing."""
        return len(self.values) - self.values.null_count

    @property
    def missing(self) -> float:
        """The share of missing values."""
        return self.values.null_count / len(self.values)

    @property
    def range(self) -> str:
        """The lowest and the highest value, for a sentence."""
        low, high = (value.as_py() for value in pc.min_max(self.distinct).values())
        return f"{low:g} to {high:g}" if self.kind == "float" else f"{low} to {high}"

    @property
    def is_few(self) -> bool:
        """Whether there are few enough different values to be categories."""
        return len(self.distinct) <= max(2, min(MAX_CATEGORIES, self.present // ROWS_A_CATEGORY))

    @property
    def is_whole(self) -> bool:
        """Whether all values are whole numbers, if written with decimals or not."""
        if self.kind not in ("int", "float"):
            return False
        return bool(pc.all(pc.equal(pc.floor(self.distinct), self.distinct)).as_py())

    def shown(self) -> str:
        """Returns one value, for a sentence."""
        return repr(str(self.distinct[0].as_py())[:40])


@dataclass(frozen=True)
class Decision:
    """What becomes of a column of the file, and why: `column` is None where it is left out."""

    profile: Profile
    why: str
    column: Column | None = None


def limits(found: Profile) -> tuple[float | None, float | None]:
    """Returns the limits of a column of numbers: its range and a half of it at both ends, rounded to two digits.

    What is never negative stays so, and what is never positive too.
    """
    low, high = (value.as_py() for value in pc.min_max(found.distinct).values())
    margin = SLACK * (high - low) or SLACK * abs(high) or 1
    digits = 1 - math.floor(math.log10(margin))
    step = 10.0**-digits
    least, most = math.floor((low - margin) / step) * step, math.ceil((high + margin) / step) * step
    least, most = (
        round(max(least, 0) if low >= 0 else least, digits),
        round(min(most, 0) if high <= 0 else most, digits),
    )
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


def words(name: str) -> set[str]:
    """Returns the words of a name such as customerID or row_id, in lower case."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)}


def as_category(found: Profile) -> tuple[Any, ...]:
    """Returns the different values as categories."""
    return tuple(sorted(int(value) if found.is_whole else str(value) for value in found.distinct.to_pylist()))


def odd_one_out(found: Profile) -> str:
    """Describes a column of texts by one of them; by one that is no number, where most are numbers."""
    numbers = pc.match_substring_regex(found.distinct, r"^[+-]?\d[\d.,]*$")
    others = found.distinct.filter(pc.invert(numbers))
    if 0 < len(others) < len(numbers) / 2:
        return f"most of them numbers, but not {others[0].as_py()[:40]!r}"
    return f"such as {found.shown()}"


def unusable(found: Profile) -> str | None:
    """Returns why no contract can have the column, if so."""
    if not found.name.strip():
        return "has no name"
    if found.kind is None and found.raw.null_count < len(found.raw):
        return f"has values of type {found.raw.type}, which no column of a contract can have"
    if not found.present:
        return "has no values"
    if found.kind == "float" and not pc.all(pc.is_finite(found.distinct)).as_py():
        return "has infinite values"
    return None
