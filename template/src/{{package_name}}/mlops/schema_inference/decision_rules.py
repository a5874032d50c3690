"""Decides what each column of a file becomes in the contract, and says why; what was asked for comes first."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from ...roles import EventTime, Group, Id, NotAFeature, Sensitive, Target
from ..contract.columns import Column, Problem
from ..contract.written import has_marks
from ..core.errors import UsageError
from .constraints import allowed_missing, as_category, limits
from .options import as_group, as_id, as_time, refuse_unusable
from .profiling import POSTAL, Decision, Profile, odd_one_out, unhelpful, unusable
from .targets import as_target
from .text_files.number_marks import AMONG_NUMBERS

# A sensitive column of whole numbers with no more different values than this is one of groups.
MAX_GROUPS = 12
MAX_KEPT_CATEGORIES = 1000


def as_feature(found: Profile, *, sensitive: bool = False, kept: bool = False, timed: bool = False) -> Decision:
    """Makes a column a feature, or leaves it out.

    Args:
        found: The column.
        sensitive: Whether fairness is measured by it.
        kept: Whether it stays though something speaks against it.
        timed: Whether another column is the event time.

    Raises:
        UsageError: It can't be measured by groups though it is sensitive, or can't be kept though that was asked for.
    """
    never, rather_not = unusable(found), unhelpful(found) if found.kind else None
    if sensitive and (never or rather_not):
        raise UsageError(
            f"--sensitive {found.name}: it {never or rather_not}; fairness compares groups, so name a column of "
            "numbers, booleans or few categories."
        )
    if kept and never:
        raise UsageError(f"--keep {found.name}: it {never}, so it can't be kept.")
    if found.kind is None or never or (rather_not and not kept):
        return Decision(found, never or rather_not or "")
    missing = allowed_missing(found)
    column, number = Column(found.name, found.kind, missing=missing), len(found.distinct)
    dates = "dates" if timed else "dates; give --time to split by them"
    why = {"bool": "two values, true and false", "time": dates}.get(found.kind, "")
    named = found.is_few and (found.is_coded or POSTAL.search(found.name))
    coded = found.kind == "int" and ((sensitive and number <= MAX_GROUPS) or named)
    if coded or (found.kind == "text" and (found.is_few or number <= MAX_KEPT_CATEGORIES)):
        column = replace(column, kind="category", categories=as_category(found))
        why = f"{number} different {'whole numbers that are codes' if coded else 'texts'}"
        if not coded and number > AMONG_NUMBERS and odd_one_out(found).startswith("most"):
            why += f", {odd_one_out(found)}"
    elif found.kind == "text":
        why = "free text, never a feature"
    elif found.kind in ("int", "float"):
        low, high = limits(found)
        column = replace(column, minimum=low, maximum=high)
        why = f"{'whole numbers' if found.kind == 'int' else 'numbers'} {found.range}"
    if rather_not:
        why += f"; kept as asked, though it {rather_not}"
    if sensitive:
        column = replace(column, roles=(Sensitive(),))
        why += "; sensitive, and also a feature: write feature=False to bar it"
    return Decision(found, why, column)


def as_no_feature(found: Profile) -> Decision:
    """Keeps a column that the model may not use.

    Raises:
        Refusal: No contract can have it.
    """
    refuse_unusable(found, "--not-a-feature")
    decision = as_feature(found, kept=True)
    column = replace(decision.column, roles=(NotAFeature(),)) if decision.column else None
    return replace(decision, column=column, why=f"{decision.why}; not a feature, as asked")


def decide(
    profiles: dict[str, Profile], roles: dict[str, type], keep: list[str], problem: Problem | None = None
) -> list[Decision]:
    """Decides on every column of a file.

    Args:
        profiles: The columns by name, in the order of the file.
        roles: The columns that were asked for by role, exactly one of them the target.
        keep: Columns that shall stay though something speaks against it.
        problem: Of the target; None to find it out.
    """
    asked: dict[type, Callable[[Profile], Decision]]
    asked = {Target: partial(as_target, problem=problem), Id: as_id, Group: as_group, EventTime: as_time}
    asked[NotAFeature] = as_no_feature
    decisions = []
    for name, found in profiles.items():
        role = roles.get(name)
        as_asked = asked.get(role) if role else None
        sensitive, kept, timed = role is Sensitive, name in keep, EventTime in roles.values()
        decision = as_asked(found) if as_asked else as_feature(found, sensitive=sensitive, kept=kept, timed=timed)
        column, why = decision.column, decision.why
        if column:
            marks = found.written if has_marks(column.arrow) else ()
            column = replace(column, placeholders=found.placeholders, written=marks)
        if found.remark and (column or found.kind == "text"):
            why += f"; {found.remark}"
        decisions.append(replace(decision, why=why, column=column))
    return decisions
