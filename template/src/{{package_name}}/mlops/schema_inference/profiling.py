"""Looks at one column of a file: how many values it has, what they are, why it may be no feature."""

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ..contract import reserved
from ..contract.casting import to_kind
from ..contract.columns import Column, Kind
from ..core.params import Csv

# A text column with more different values than this, or with fewer rows a value than that, is no set of categories.
MAX_CATEGORIES, ROWS_A_CATEGORY = 60, 5
# Larger whole numbers are names: as numbers they would lose digits.
EXACT = 2**53
CODES = {"code", "guid", "id", "uuid"}
UNNAMED, POSTAL = map(re.compile, (r"(?i)unnamed: \d+|__index_level_\d+__", r"(?i)zip|postal|post_?code|\bplz\b"))


@dataclass(frozen=True)
class Profile:
    """A column of the file and its kind, which is None where no column of a contract can have such values.

    Values that are `placeholders` count as missing, texts that are `kept` do not; `remark` is on how it is written.
    """

    name: str
    raw: pa.ChunkedArray
    kind: Kind | None
    csv: Csv
    placeholders: tuple[Any, ...] = ()
    written: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    remark: str = ""

    def typed(self, column: Column) -> pa.ChunkedArray:
        """Returns the values as `ingest` will read them."""
        column = replace(column, placeholders=self.placeholders, written=self.written)
        return to_kind(self.raw, column, self.csv.decimal, self.csv.time_format)

    @cached_property
    def values(self) -> pa.ChunkedArray:
        """The values in their kind, missing ones as null."""
        nulls = pa.chunked_array([pa.nulls(len(self.raw))])
        return nulls if self.kind is None else self.typed(Column("", self.kind, self.kept))

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
        exact = pc.less_equal(pc.abs(self.distinct), EXACT)
        return bool(pc.all(pc.and_(exact, pc.equal(pc.floor(self.distinct), self.distinct))).as_py())

    @property
    def is_coded(self) -> bool:
        """Whether the name, such as customerID or zip_code, has a word for codes that only look like numbers."""
        return not CODES.isdisjoint(word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", self.name))

    def shown(self) -> str:
        """Returns one value, for a sentence."""
        return repr(str(self.distinct[0].as_py())[:40])


@dataclass(frozen=True)
class Decision:
    """What becomes of a column of the file, and why: `column` is None where it is left out."""

    profile: Profile
    why: str
    column: Column | None = None


def odd_one_out(found: Profile) -> str:
    """Describes a column of texts by one of them; by one that is no number, where most are numbers."""
    numbers = pc.match_substring_regex(found.distinct, r"^[+-]?\d[\d.,]*$")
    others = found.distinct.filter(pc.invert(numbers))
    if 0 < len(others) < len(numbers) / 2:
        return f"most of them numbers, but not {others[0].as_py()[:40]!r}"
    return f"such as {found.shown()}"


def without_examples(why: str) -> str:
    """Returns a reason for a file that is committed: without the values of the data that it ends with."""
    return re.sub(r"(?s), such as .*|(?<=most of them numbers), but not .*|(?<=same value in all rows), .*", "", why)


def unusable(found: Profile) -> str | None:
    """Returns why no contract can have the column, if so."""
    if not found.name.strip():
        return "has no name"
    if taken := reserved.owner(found.name, stored=True):
        return f"has a name that {taken} gives to a column of its own: rename it in the data to use it"
    if found.kind is None and found.raw.null_count < len(found.raw):
        return f"has values of type {found.raw.type}, which no column of a contract can have"
    if not found.present:
        return "has no values"
    infinite = found.kind == "float" and not pc.all(pc.is_finite(found.distinct)).as_py()
    return "has infinite values" if infinite else None


def unhelpful(found: Profile) -> str | None:
    """Returns why a column should rather be left out than be a feature, if so."""
    number = len(found.distinct)
    if number == 1 and not found.missing:
        return f"has the same value in all rows, {found.shown()}"
    unique = number == found.present
    if POSTAL.search(found.name) and found.kind in ("int", "text") and not found.is_few:
        return f"is a postal code, a name and no amount, with {number:,} different values"
    if found.kind == "int":
        steps = pc.pairwise_diff(found.distinct) if unique and not found.missing and number >= ROWS_A_CATEGORY else None
        if steps is not None and (UNNAMED.fullmatch(found.name) or pc.min(steps).as_py() > 0):
            return "numbers the rows, each larger than the one before"
        if found.is_coded and not found.is_few:
            repeats = "" if unique else " that repeats: give --group if its rows belong together"
            return f"is an identifier{repeats}"
    if found.kind == "text" and not found.is_few:
        what = "an identifier or free text" if number > 0.9 * found.present else "text"
        return f"is {what} with {number:,} different values, {odd_one_out(found)}"
    return None
