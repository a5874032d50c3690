"""Finds out how the numbers in a column of texts are written, and odd texts among them.

What could mean two things is not read as numbers: a remark says why.
"""

from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from ...contract.written import PERCENT, SPACE, plain

CODES = (
    *("AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "IDR", "ILS", "INR", "JPY", "KRW"),
    *("MXN", "MYR", "NOK", "NZD", "PHP", "PLN", "RUB", "SEK", "SGD", "THB", "TRY", "TWD", "UAH", "USD", "VND", "ZAR"),
)
UNIT = rf"(?:[A-Z]{{1,2}})?\p{{Sc}}|{PERCENT}|{'|'.join(CODES)}"
SIGN, BETWEEN = r"[-+\x{2212}]", r"['\x{2019}]"
NUMBER = rf"\d(?:[\d.,]|{BETWEEN}|{SPACE})*|[.,]\d+"
FORM = (
    rf"^(?P<head>(?:\(|{SIGN})?){SPACE}*(?P<before>(?:{UNIT})?){SPACE}*(?P<inner>(?:\(|{SIGN})?){SPACE}*"
    rf"(?P<number>{NUMBER})(?:[eE][-+]?\d+)?(?P<scale>[kKMB]?){SPACE}*(?P<tail>[-)\x{{2212}}]?){SPACE}*"
    rf"(?P<after>(?:{UNIT})?){SPACE}*(?P<end>[-)\x{{2212}}]?)$"
)
NEGATIVE = {"()": r"\)", "-": r"\d.*[-\x{2212}]"}
LONGER = {"()": r"\(", "-": r"\x{2212}"}
# Different texts that may be odd among numbers, and how many of the first may not, of a column that is looked at.
MOST_ODD, FIRST = 3, 50
# Among fewer different numbers, an odd text is one of a few categories.
AMONG_NUMBERS = 20


@dataclass(frozen=True)
class Writing:
    """How numbers are written.

    Attributes:
        numbers: The different texts but for odd ones.
        marks: As `Written` has them.
        odd: The few texts that are no numbers.
        remark: Why they are no numbers, though they look like some.
    """

    numbers: pa.ChunkedArray
    marks: tuple[str, ...] = ()
    odd: tuple[str, ...] = ()
    remark: str = ""

    @cached_property
    def plain(self) -> pa.ChunkedArray:
        """The numbers without their marks."""
        return plain(self.numbers, self.marks)


def _any(texts: pa.ChunkedArray, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(texts, pattern), min_count=0).as_py())


def _all(texts: pa.ChunkedArray, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(texts, pattern), min_count=0).as_py())


def _remark(
    part: dict[str, pa.ChunkedArray], units: set[str], scales: set[str], negative: list[str], between: list[str]
) -> str:
    """Says what could mean two things, "" if nothing could."""
    if len(units) > 1:
        return f"its numbers are in {' and '.join(sorted(units))}: give all of them in one unit to have numbers"
    bare = pc.and_(pc.equal(part["before"], ""), pc.equal(part["after"], ""))
    if units and _any(part["number"].filter(bare), "[1-9]"):
        return f"some of its numbers have {min(units)} and some no unit: write all of them with it to have numbers"
    if len(between) > 1:
        return "thousands are separated by spaces and by apostrophes: write all in one way to have numbers"
    if negative:
        return f"all of its numbers have {negative[0]}, so it may be no minus: write a minus in front to have numbers"
    if not units and len(scales) == 1 and scales != {""} and not _any(part["number"], "[.,]"):
        letter = min(scales)
        return f"its whole numbers with {letter} may be names: Written({letter!r}) in schema.py makes them numbers"
    lengths = pc.utf8_length(pc.replace_substring_regex(part["number"], r"\D", "")).unique()
    if not units and between and len(lengths) == 1 and _all(part["number"], r"^\d{1,3}(\D\d{3})+$"):
        return f"its whole numbers have {lengths[0]} digits each, so they may be names: write them without separators"
    return ""


def look(texts: pa.ChunkedArray) -> Writing:
    """Finds out how numbers are written.

    Args:
        texts: The different ones of a column, without spaces around them, none missing.
    """
    first = pc.match_substring_regex(texts.slice(0, FIRST), FORM)
    if len(first) - (pc.sum(first).as_py() or 0) > min(MOST_ODD, len(first) - 1):
        return Writing(texts)
    fits = pc.match_substring_regex(texts, FORM)
    odd, numbers = texts.filter(pc.invert(fits)), texts.filter(fits)
    if len(odd) > MOST_ODD:
        return Writing(texts)
    parts = pc.extract_regex(numbers, FORM)
    part = {field.name: pc.struct_field(parts, field.name) for field in parts.type}
    part["number"] = pc.utf8_trim_whitespace(part["number"])
    units = {*part["before"].unique().to_pylist(), *part["after"].unique().to_pylist()} - {""}
    scales = {letter.replace("K", "k") for letter in part["scale"].unique().to_pylist()}
    between = [mark for mark, pattern in ((" ", SPACE), ("'", BETWEEN)) if _any(part["number"], pattern)]
    always = [mark for mark, pattern in NEGATIVE.items() if _all(numbers, pattern)]
    if remark := _remark(part, units, scales, always, between):
        return Writing(texts, remark=remark)
    minus = [mark for mark, pattern in NEGATIVE.items() if _any(numbers, rf"{pattern}|{LONGER[mark]}")]
    return Writing(numbers, (*sorted(units), *sorted(scales - {""}), *between, *minus), tuple(odd.to_pylist()))
