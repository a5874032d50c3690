"""Leaves out features that are another column in disguise: the target, the event time, the group."""

from collections.abc import Callable, Collection
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from ....roles import Group, Sensitive
from ...contract.columns import Contract
from ...core.errors import UsageError
from ...validation import leakage
from ..profiling import Decision, Profile

# Fewer groups may each have a value of their own without being named by it.
MIN_GROUPS = 5


def _is_name(found: Profile) -> bool:
    """Whether the values of a column can be names of something: texts, codes, or whole numbers close to each other."""
    if found.kind != "int" or found.is_coded:
        return found.kind in ("text", "int")
    low, high = (value.as_py() for value in pc.min_max(found.distinct).values())
    return bool(high - low < 10 * len(found.distinct))


def of_group(decisions: list[Decision]) -> dict[str, str]:
    """Finds features that name the group too, one to one: of a new group, a model knows nothing by them."""
    group = next((one for one in decisions if one.column and one.column.role(Group)), None)
    found: dict[str, str] = {}
    for one in decisions:
        if not group or not one.column or not one.column.is_feature or not _is_name(one.profile):
            continue
        number, other = len(group.profile.distinct), len(one.profile.distinct)
        if number != other or number < MIN_GROUPS or one.profile.missing or group.profile.missing:
            continue
        pairs = pa.table({"group": group.profile.values, "value": one.profile.values}).group_by(["group", "value"])
        if len(pairs.aggregate([])) == number:
            found[one.profile.name] = f"is the group {group.profile.name} by another name: one value a group"
    return found


def _left_out(
    decisions: list[Decision], reasons: dict[str, str], keep: Collection[str], unless: Callable[[str], str]
) -> list[Decision]:
    """Leaves out the columns that have a reason, unless they are kept; a sensitive one stays, but is no feature."""
    result = []
    for one in decisions:
        reason, column = reasons.get(one.profile.name), one.column
        if column and reason:
            if one.profile.name in keep:
                one = replace(one, why=f"{one.why}; {reason}, kept as asked")
            elif column.role(Sensitive):
                one = replace(one, why=reason, column=replace(column, roles=(Sensitive(feature=False),)))
            else:
                one = Decision(one.profile, f"{reason}; {unless(one.profile.name)}")
        result.append(one)
    return result


def without_disguised(
    decisions: list[Decision], keep: list[str], limit: float, seed: int
) -> tuple[list[Decision], list[str]]:
    """Leaves out the features that give the target away, or are the event time or the group in disguise.

    Args:
        decisions: As `decision_rules.decide` made them.
        keep: Columns that stay all the same.
        limit: The score from which on a column is suspect.
        seed: For the scoring.

    Returns:
        The decisions, and the suspects that were kept, which `train` must be told of.

    Raises:
        UsageError: No feature is left.
    """
    decisions = _left_out(decisions, of_group(decisions), keep, lambda _: "give --keep if it is more than a name")
    contract = Contract(tuple(one.column for one in decisions if one.column))
    table = pa.table({one.profile.name: one.profile.typed(one.column) for one in decisions if one.column})
    found = leakage.suspects(table, contract, limit, seed, keep)
    leaks = {name: f"is suspected to leak: it {reason}" for name, reason in found.leaks.items()}
    result = _left_out(
        decisions,
        found.times | leaks,
        keep,
        lambda name: (
            "give --keep if it is known before the target is" if name in leaks else "give --keep to use it all the same"
        ),
    )
    for at, one in enumerate(result):
        if one.profile.name in found.strong:
            alone = f"alone it predicts {contract.target.name} with a score of {found.strong[one.profile.name]:.2f}"
            result[at] = replace(one, why=f"{one.why}; {alone}")
    if not any(decision.column and decision.column.is_feature for decision in result):
        reasons = "; ".join(f"{decision.profile.name} {decision.why}" for decision in result if not decision.column)
        raise UsageError(
            f"no column is left to predict {contract.target.name} from ({reasons or 'all have another role'})."
        )
    return result, [name for name in keep if name in found.reasons]
