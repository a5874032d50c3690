"""Makes values missing that the option `--missing` names: `-999`, or `price=0`."""

import re
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ...contract.casting import to_kind
from ...contract.columns import Column
from ...core.errors import UsageError
from ...core.untrusted_text import value as quoted
from .. import options
from ..profiling import Profile
from .placeholders import KINDS

# What may be a number or a date, and so is meant as a value where no column has that name.
VALUE = re.compile(r"[-+]?\d[\dT:.eE+-]*")


def _parsed(text: str, found: Profile) -> Any:
    """Returns a text as a value of the column, None where it can't be one."""
    try:
        typed = to_kind(pa.chunked_array([[text]]), Column("", found.kind)) if found.kind in KINDS else None
    except pa.ArrowInvalid:
        return None
    return typed and typed.to_pylist()[0]


def _has(found: Profile, value: Any, *, anywhere: bool) -> bool:
    """Whether a column has a value: as its lowest or highest, or anywhere."""
    if value is None or not len(found.distinct):
        return False
    among = found.distinct if anywhere else pa.array(list(pc.min_max(found.distinct).values()), found.distinct.type)
    return bool(pc.any(pc.equal(among, pa.scalar(value, among.type))).as_py())


def applied(profiles: dict[str, Profile], asked: list[str], file: str) -> dict[str, Profile]:
    """Makes values missing: `COLUMN=VALUE` in that column, `VALUE` wherever it is the lowest or the highest.

    Raises:
        UsageError: There is no such column, or none has such a value.
    """
    result = dict(profiles)
    for word in (part for words in asked for part in words.split(",")):
        name, _, text = word.rpartition("=")
        names = [options.find(name, "--missing", list(profiles), file)] if name else list(profiles)
        hits = [one for one in names if _has(profiles[one], _parsed(text, profiles[one]), anywhere=bool(name))]
        if not hits:
            where = f"column {quoted(names[0])} has no number or date" if name else "no column has as lowest or highest"
            raise UsageError(f"--missing {word}: {where} {quoted(text)}; write COLUMN=VALUE, as in --missing price=0.")
        for one in hits:
            value = _parsed(text, profiles[one])
            result[one] = replace(result[one], placeholders=(*result[one].placeholders, value))
    return result
