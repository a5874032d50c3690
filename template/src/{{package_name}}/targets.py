"""Tells what kind of target a column is: two classes, more, or amounts."""

from .constraints import allowed_missing, as_category, limits
from .contract import Column
from .profiling import MAX_CATEGORIES, ROWS_A_CATEGORY, Decision, Profile, odd_one_out, unusable
from .roles import Target
from .stage import Refusal

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


def _positive(found: Profile, classes: tuple[str | int, ...]) -> str | int:
    """Returns the class of two that sounds like yes; where neither does, the rarer."""
    for sounds, other in ((YES, 0), (NO, 1)):
        hits = [str(label).lower() in sounds for label in classes]
        if sum(hits) == 1:
            return classes[hits.index(True) ^ other]
    counts = {str(row["values"]): row["counts"] for row in found.values.value_counts().to_pylist()}
    share = {label: counts.get(str(label), counts.get(f"{label}.0", 0)) for label in classes}
    return min(reversed(classes), key=share.__getitem__)


def as_target(found: Profile) -> Decision:
    """Tells classes from amounts.

    Raises:
        Refusal: There is nothing to learn: no values, one value, dates, or far too many texts.
    """
    name, number = found.name, len(found.distinct)
    if found.kind is None or number < 2:
        only = f"one value only, {found.shown()}" if number else "no value that a model could learn"
        raise Refusal(f"target {name} has {only}: name another --target, or data in which it varies.")
    if found.kind == "time":
        raise Refusal(f"target {name} is a date, such as {found.shown()}: a target is a number or a few classes.")
    if found.kind == "text" and (number > MAX_CATEGORIES or 2 * number > found.present):
        raise Refusal(
            f"target {name} has {number:,} different texts in {found.present:,} rows, {odd_one_out(found)}: it has too "
            "many to be classes, so name another --target, or make it a column of numbers."
        )
    if found.kind == "float" and unusable(found):
        raise Refusal(f"target {name} {unusable(found)}: correct the data.")
    missing = allowed_missing(found, strict=True)
    note = f"; {found.missing:.2%} of the rows have none and are left out of training" if missing else ""
    few = number == 2 or (number <= MAX_CLASSES and found.present >= ROWS_A_CATEGORY * number)
    if found.kind == "bool":
        return Decision(
            found, f"binary, true is the positive class{note}", Column(name, "bool", missing=missing, roles=(Target(),))
        )
    if found.kind == "text" or (few and found.is_whole):
        classes = as_category(found)
        positive = _positive(found, classes) if number == 2 else None
        why = f"binary, {positive!r} is the positive class" if positive is not None else f"multiclass, {number} classes"
        amounts = "" if found.kind == "text" else ", for its whole numbers are few; write `int` if they are amounts"
        return Decision(
            found, why + amounts + note, Column(name, "category", classes, missing=missing, roles=(Target(positive),))
        )
    low, high = limits(found)
    column = Column(name, found.kind, minimum=low, maximum=high, missing=missing, roles=(Target(),))
    return Decision(found, f"regression, numbers {found.range}{note}", column)
