"""Texts that look like "missing", or like one odd value among numbers, and are values: `--keep continent=NA`."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache, partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ....roles import Target
from ...contract.casting import MISSING, is_text
from ...core.errors import UsageError
from ...core.untrusted_text import value
from .. import options
from ..profiling import Decision, Profile
from .missing_option import VALUE
from .placeholders import ROWS, SHARE

# What people write where they mean a region or an answer; others, such as NaN, are written by programs.
WORDS = ("na", "n/a", "null")
# So many standard errors are no chance.
SURE = 4.0


@dataclass
class Kept:
    """What `--keep` names.

    Attributes:
        columns: Columns that stay.
        values: Numbers and dates that are values, as `-999` or `price=0`.
        texts: Texts that are values, by column.
    """

    columns: list[str] = field(default_factory=list)
    values: set[str] = field(default_factory=set)
    texts: dict[str, tuple[str, ...]] = field(default_factory=dict)


def _split(word: str, names: list[str]) -> tuple[str, str] | None:
    """Returns column and value of a word that has both."""
    parts = word.split("=")
    splits = (("=".join(parts[:at]), "=".join(parts[at:])) for at in range(1, len(parts)))
    return next(((name, text) for name, text in splits if name in names and text), None)


def _has(values: pa.ChunkedArray, text: str) -> bool:
    written = pc.utf8_trim_whitespace(values.cast(pa.string())) if is_text(values.type) else None
    return written is not None and bool(pc.any(pc.equal(written, text), min_count=0).as_py())


def parsed(words: list[str], table: pa.Table, file: str) -> Kept:
    """Reads the words behind `--keep`: `COLUMN`, `VALUE`, `COLUMN=VALUE`.

    Raises:
        UsageError: There is no such column, or it has no such text.
    """
    kept, names = Kept(), table.column_names
    for word in words:
        split = None if word in names else _split(word, names)
        if split and not VALUE.fullmatch(split[1]):
            name, text = split
            if not _has(table[name], text):
                raise UsageError(
                    f"--keep {word}: column {value(name)} has no text {value(text)}; write it as the data have it."
                )
            kept.texts[name] = (*kept.texts.get(name, ()), text)
        elif split or (word not in names and VALUE.fullmatch(word)):
            kept.values.add(word)
        else:
            kept.columns.append(options.find(word, "--keep", names, file))
    return kept


def _words(found: Profile) -> Iterator[tuple[str, pa.ChunkedArray]]:
    """Yields the frequent texts of a column that mean "missing", and the rows in which they are."""
    texts = pc.utf8_trim_whitespace(found.raw.cast(pa.string()))
    words = texts.filter(pc.is_in(pc.utf8_lower(texts), value_set=pa.array(WORDS))).unique().to_pylist()
    for word in sorted({*words} - {*found.kept}):
        rows = pc.fill_null(pc.equal(texts, word), False)
        if pc.sum(rows).as_py() >= max(ROWS, SHARE * len(rows)):
            yield word, rows


def _amounts(decisions: list[Decision]) -> np.ndarray:
    """Returns the target as numbers, of classes whether it is the most frequent one; NaN where it is missing."""
    target = next(one for one in decisions if one.column and one.column.role(Target))
    values = target.profile.values
    if target.column and target.column.kind in ("category", "bool"):
        classes = values.drop_null().value_counts().to_pylist()
        values = pc.equal(values, max(classes, key=lambda row: row["counts"])["values"])
    return np.asarray(values.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def _differs(rows: pa.ChunkedArray, target: np.ndarray) -> bool:
    """Whether the target of these rows has another mean, which no chance explains."""
    inside, known = rows.to_numpy(), ~np.isnan(target)
    here, others = target[inside & known], target[~inside & known]
    if min(len(here), len(others)) < ROWS:
        return False
    return bool(abs(here.mean() - others.mean()) > SURE * np.sqrt(here.var() / len(here) + others.var() / len(others)))


def told(decisions: list[Decision]) -> list[Decision]:
    """Adds to each category which of its frequent texts are read as missing, and how to keep them.

    Raises:
        UsageError: A text shall be kept in a column that becomes no category.
    """
    amounts = cache(partial(_amounts, decisions))
    result = []
    for one in decisions:
        category = one.column is not None and one.column.kind == "category"
        lost = [text for text in one.profile.kept if text.lower() in MISSING and not category]
        if lost:
            raise UsageError(
                f"--keep {one.profile.name}={lost[0]}: only a category can have that text as a value, but the column "
                f"becomes {one.column.kind if one.column else 'none'} ({one.why}): leave the option out."
            )
        for word, rows in _words(one.profile) if category and is_text(one.profile.raw.type) else ():
            differs = ", and the target differs there" if _differs(rows, amounts()) else ""
            share = f"{pc.mean(rows.cast(pa.float64())).as_py():.1%} of the rows is read as missing{differs}"
            keep = f"--keep {one.profile.name}={word} if it is a category"
            one = replace(one, why=f"{one.why}; {word} in {share}: {keep}")
        result.append(one)
    return result
