"""Tells what kind of target a column is: two classes, more, or amounts."""

from dataclasses import replace
from typing import Any

from ...roles import Target
from ..contract.columns import Column, Problem
from ..core.errors import UsageError
from .constraints import allowed_missing, as_category, limits
from .problems import asked, counts
from .profiling import MAX_CATEGORIES, ROWS_A_CATEGORY, Decision, Profile, odd_one_out, unusable

# A target of whole numbers with no more different values than this, and enough rows of each, is one of classes.
MAX_CLASSES = 20
# Of two classes, the one that says so is the positive one.
YES = {
    *("yes", "y", "true", "t", "positive", "pos", "churn", "churned", "default"),
    *("fraud", "malignant", "success", "case", "ja", "oui", "si", "sim"),
}
NO = {
    *("no", "n", "false", "f", "negative", "neg", "none", "benign"),
    *("normal", "failure", "control", "nein", "non", "0", "-1"),
}


def _positive(classes: tuple[Any, ...], rows: list[int]) -> str | int | None:
    """Returns the class of two that sounds like yes; where neither does, the rarer."""
    for sounds, other in ((YES, 0), (NO, 1)):
        hits = [str(label).lower() in sounds for label in classes]
        if sum(hits) == 1:
            return classes[hits.index(True) ^ other]
    return classes[0] if rows[0] < rows[1] else classes[1]


def _classes(found: Profile, missing: float, note: str) -> Decision:
    counts.refuse_rare(found)
    rows_of = counts.rows_of_each(found)
    rarest = min(rows_of.values())
    column = Column(found.name, "bool", missing=missing, roles=(Target(),))
    if found.kind == "bool":
        return Decision(found, f"binary, true is the positive class{note}", column)
    classes = as_category(found)
    rows = [rows_of.get(str(label), rows_of.get(f"{label}.0", 0)) for label in classes]
    positive = _positive(classes, rows) if len(classes) == 2 else None
    why = f"binary, {positive!r} is the positive class"
    if positive is None:
        why = f"multiclass, {len(classes)} classes, the rarest in {rarest:,} rows"
    why += "" if found.kind == "text" else ", for its whole numbers are few; --problem regression if they are amounts"
    return Decision(found, why + note, replace(column, kind="category", categories=classes, roles=(Target(positive),)))


def as_target(found: Profile, problem: Problem | None = None) -> Decision:
    """Tells classes from amounts, unless it is told.

    Raises:
        UsageError: Nothing can be learned: no values, one value, dates, far too many texts, a class of next to no rows;
            or the values are not those of the problem, or may be a count or classes.
    """
    name, number = found.name, len(found.distinct)
    found = asked.amounts(found) if problem == "regression" and number > 1 else found
    if found.kind is None or number < 2:
        only = f"one value only, {found.shown()}" if number else "no value that a model could learn"
        raise UsageError(f"target {name} has {only}: name another --target, or data in which it varies.")
    if found.kind == "time":
        raise UsageError(f"target {name} is a date, such as {found.shown()}: a target is a number or a few classes.")
    if found.kind == "text" and not problem:
        asked.refuse_odd(found)
    if found.kind == "text" and (number > MAX_CATEGORIES or 2 * number > found.present):
        said = f"; {found.remark}" if found.remark else ""
        raise UsageError(
            f"target {name} has {number:,} different texts in {found.present:,} rows, {odd_one_out(found)}: it has too "
            f"many to be classes, so name another --target, or make it a column of numbers{said}."
        )
    if found.kind == "float" and unusable(found):
        raise UsageError(f"target {name} {unusable(found)}: correct the data.")
    missing = allowed_missing(found, strict=True)
    note = f"; {found.missing:.2%} of the rows have none and are left out of training" if missing else ""
    few = number == 2 or (number <= MAX_CLASSES and found.present >= ROWS_A_CATEGORY * number)
    if problem in ("binary", "multiclass"):
        asked.refuse_no_classes(found, problem)
        return _classes(found, missing, note)
    if not problem and (found.kind in ("bool", "text") or (few and found.is_whole)):
        if found.kind in ("int", "float"):
            counts.refuse_count(found)
        return _classes(found, missing, note)
    low, high = limits(found)
    column = Column(name, found.kind, minimum=low, maximum=high, missing=missing, roles=(Target(),))
    return Decision(found, f"regression, numbers {found.range}{note}", column)
