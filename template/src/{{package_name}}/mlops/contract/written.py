"""Reads numbers as people write them, such as $1.2k, (28.50) and 1'234: `Written(...)` of the contract names the marks.

A number keeps its unit: 28.5% is 28.5.
"""

import re
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ...roles import Written
from ..core.errors import UsageError

SPACE = r"[\s\p{Z}]"
SCALES = {"k": ("[kK]", "e3"), "M": ("M", "e6"), "B": ("B", "e9")}
THOUSANDS = {"'": r"['\x{2019}]", " ": SPACE}
NEGATIVE = ("()", "-")
PERCENT, LONG_MINUS = "%", "\u2212"
NO_UNIT = re.compile(r"[\d.,+\-()'\s]")
ZERO = r"^[-+]?0*[.,]?0*$"


def has_marks(kind: pa.DataType) -> bool:
    """Whether values of that type may have marks: numbers only."""
    return pa.types.is_integer(kind) or pa.types.is_floating(kind)


def unit(marks: tuple[str, ...]) -> str:
    """Returns the unit among marks, "" where there is none."""
    return next((mark for mark in marks if mark not in (*SCALES, *THOUSANDS, *NEGATIVE)), "")


def named(attribute: str, metadata: list[Any], arrow: pa.DataType) -> tuple[str, ...]:
    """Returns the marks of a field of the contract.

    Raises:
        UsageError: It is no number, or the marks contradict each other.
    """
    role = next((role for role in metadata if isinstance(role, Written)), None)
    if role is None:
        return ()
    marks, said = role.marks, f"schema.py: {attribute} has Written({', '.join(map(repr, role.marks))})"
    if not has_marks(arrow):
        raise UsageError(f"{said}, which is for numbers: give it the type int or float, or leave Written out.")
    for mark in marks:
        other = mark not in (*SCALES, *THOUSANDS, *NEGATIVE)
        if not isinstance(mark, str) or not mark or (other and NO_UNIT.search(mark)):
            raise UsageError(f"{said}: {mark!r} is no mark. Write a unit without spaces, k, M, B, ', a space, () or -.")
    units, between = [mark for mark in marks if unit((mark,))], [mark for mark in marks if mark in THOUSANDS]
    if not marks or len(units) > 1 or len(between) > 1:
        several = "two units" if len(units) > 1 else "two separators of thousands" if between else "no marks"
        raise UsageError(f"{said}: it has {several}, and a column of numbers has one. Correct the data or the marks.")
    return marks


def _without_unit(text: pa.ChunkedArray, sign: str) -> pa.ChunkedArray:
    """Leaves the unit out, before or behind the number.

    Raises:
        pyarrow.ArrowInvalid: A number other than 0 has no percent sign: 0.285 could be 28.5%.
    """
    before = rf"^([-+(]?){SPACE}*{re.escape(sign)}{SPACE}*(.+)$"
    behind = rf"^(.+?){SPACE}*{re.escape(sign)}{SPACE}*([-)]?)$"
    begins, ends = (pc.match_substring_regex(text, pattern) for pattern in (before, behind))
    bare = pc.invert(pc.or_(begins, ends))
    zero = pc.match_substring_regex(text, ZERO)
    if sign == PERCENT and pc.any(pc.and_not(bare, zero), min_count=0).as_py():
        raise pa.ArrowInvalid("a number without its percent sign")
    short = (pc.replace_substring_regex(text, pattern, r"\1\2") for pattern in (before, behind))
    return pc.if_else(begins, *short)


def plain(text: pa.ChunkedArray, marks: tuple[str, ...]) -> pa.ChunkedArray:
    """Returns numbers without their marks, as 1234.5 or 1.2e3; a text that has others stays no number.

    Args:
        text: Without spaces around it.
        marks: As `Written` has them.

    Raises:
        pyarrow.ArrowInvalid: As `_without_unit`.
    """
    if not marks:
        return text
    if "-" in marks:
        text = pc.replace_substring(text, LONG_MINUS, "-")
    if sign := unit(marks):
        text = _without_unit(text, sign)
    if "()" in marks:
        text = pc.replace_substring_regex(text, rf"^\({SPACE}*([^-+()]+?){SPACE}*\)$", r"-\1")
    if "-" in marks:
        text = pc.replace_substring_regex(text, rf"^([^-+()]+?){SPACE}*-$", r"-\1")
    text = pc.replace_substring_regex(text, rf"^([-+]){SPACE}+", r"\1")
    for letter, times in (SCALES[mark] for mark in marks if mark in SCALES):
        digits = rf"^([-+]?(?:[\d.,'\x{{2019}}]|{SPACE})*[\d.,]){SPACE}*{letter}$"
        text = pc.replace_substring_regex(text, digits, rf"\1{times}")
    for between in (THOUSANDS[mark] for mark in marks if mark in THOUSANDS):
        grouped = pc.match_substring_regex(text, rf"^[-+]?[1-9]\d{{0,2}}({between}\d{{3}})+([.,]\d*)?(e\d)?$")
        text = pc.if_else(grouped, pc.replace_substring_regex(text, between, ""), text)
    return text
