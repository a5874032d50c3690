"""Looks at one column of a file: which kind its values are, what limits fit them, and why it may be no feature."""

import math
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from .contract import Column, Kind
from .params import Csv
from .parse import MISSING_IN_NUMBERS, is_text, strip, to_kind

# A text column with more different values than this, or with fewer rows a value than that, is no set of categories.
MAX_CATEGORIES, ROWS_A_CATEGORY = 60, 5
# A larger file in which no value of a column is missing shows that none may be.
LARGE = 100
# What of a range is added at both its ends, for tomorrow's data are not yesterday's.
SLACK = 0.5
EXACT = 2**53
BOOLEANS = ({"true", "false"}, {"0", "1"}, {"0.0", "1.0"})
UNNAMED = re.compile(r"unnamed: \d+|__index_level_\d+__", re.IGNORECASE)
POSTAL = re.compile(r"zip|postal|post_?code|\bplz\b", re.IGNORECASE)


@dataclass(frozen=True)
class Profile:
    """A column of the file and its kind: None where it has no values, or none that a column can have."""

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


def distinct_texts(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Returns the different values of a column of texts, without those that mean no value."""
    return strip(pa.chunked_array([values.unique()], values.type), MISSING_IN_NUMBERS).drop_null()


def _kind_of_texts(texts: pa.ChunkedArray, csv: Csv) -> Kind:
    if len(texts) <= 4 and set(pc.utf8_lower(texts).to_pylist()) in BOOLEANS:  # noqa: PLR2004
        return "bool"
    coded = pc.any(pc.match_substring_regex(texts, r"^[+-]?0\d|^\+")).as_py()  # 01234, +49...: names made of digits
    if not coded:
        try:
            numbers = to_kind(texts, Column("", "float"), csv.decimal)
            whole = not pc.any(pc.match_substring_regex(texts, rf"(?i)[{re.escape(csv.decimal)}einf]")).as_py()
            too_long = whole and pc.max(pc.abs(numbers)).as_py() > EXACT
            return "text" if too_long else "int" if whole else "float"
        except pa.ArrowInvalid:
            pass
    try:
        to_kind(texts, Column("", "time"), csv.decimal, csv.time_format)
    except pa.ArrowInvalid:
        return "text"
    return "time"


def kind(values: pa.ChunkedArray, csv: Csv) -> Kind | None:
    """Decides what the values of a column are; that texts are categories is for others to decide."""
    of = values.type
    if is_text(of):
        texts = distinct_texts(values)
        return _kind_of_texts(texts, csv) if len(texts) else "text" if len(strip(values, ("",)).drop_null()) else None
    if pa.types.is_boolean(of):
        return "bool"
    if pa.types.is_timestamp(of) or pa.types.is_date(of):
        return "time"
    if not (pa.types.is_integer(of) or pa.types.is_floating(of) or pa.types.is_decimal(of)):
        return None
    numbers = to_kind(pa.chunked_array([values.unique()], of), Column("", "float")).drop_null()
    if len(numbers) <= 2 and set(numbers.to_pylist()) == {0.0, 1.0}:  # noqa: PLR2004
        return "bool"
    return "int" if pa.types.is_integer(of) and pc.max(pc.abs(numbers)).as_py() else "float"


def profile(name: str, values: pa.ChunkedArray, csv: Csv) -> Profile:
    """Profiles a column as it was read."""
    found = kind(values, csv)
    empty = found is not None and Profile(name, values, found, csv).present == 0
    return Profile(name, values, None if empty else found, csv)


def limits(found: Profile) -> tuple[float | None, float | None]:
    """Returns the limits of a column of numbers: its range and a half of it at both ends, rounded to two digits.

    What is never negative stays so, and what is never positive too.
    """
    low, high = (value.as_py() for value in pc.min_max(found.distinct).values())
    margin = SLACK * (high - low) or SLACK * abs(high) or 1
    digits = 1 - math.floor(math.log10(margin))
    step = 10.0**-digits
    least, most = math.floor((low - margin) / step) * step, math.ceil((high + margin) / step) * step
    least, most = max(least, 0) if low >= 0 else least, min(most, 0) if high <= 0 else most
    if found.kind == "int":
        return math.floor(least), math.ceil(most)
    return round(least, digits), round(most, digits)


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
