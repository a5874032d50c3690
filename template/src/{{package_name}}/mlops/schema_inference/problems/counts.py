"""Whole numbers that are few: classes, or a count, and how many rows there are of each."""

from itertools import pairwise

from ...contract.notes import some
from ...core.errors import UsageError
from ...core.untrusted_text import value
from ..profiling import Profile

# A class of fewer rows can't be both learned from and held out.
MIN_CLASS = 3
# Of a count, the largest value is in fewer of the rows than this.
RARE = 0.01


def rows_of_each(found: Profile) -> dict[str, int]:
    """Returns the number of rows of each value, the lowest value first."""
    counts = found.values.drop_null().value_counts().to_pylist()
    return {str(row["values"]): row["counts"] for row in sorted(counts, key=lambda row: row["values"])}


def _listed(rows: dict[str, int], rows_are: str = "in") -> str:
    return some([f"{value(label)} {rows_are} {count:,}" for label, count in rows.items()], 5)


def refuse_rare(found: Profile) -> None:
    """Refuses classes of next to no rows.

    Raises:
        UsageError: There are some.
    """
    rare = {label: count for label, count in rows_of_each(found).items() if count < MIN_CLASS}
    if rare:
        amounts = ", or give --problem regression if they are amounts" if found.kind in ("int", "float") else ""
        raise UsageError(
            f"target {found.name} is {_listed(rare, 'in only')} of the rows, too few to learn from and to test with: "
            f"merge such classes with others, or leave their rows out of the file{amounts}."
        )


def refuse_count(found: Profile) -> None:
    """Refuses whole numbers from 0 or 1 on of which the larger are the rarer: nobody can tell a count from classes.

    Raises:
        UsageError: They are.
    """
    rows = rows_of_each(found)
    sizes, least = list(rows.values()), RARE * found.present
    highest = sizes.index(max(sizes))
    falling = all(after <= before or after < least for before, after in pairwise(sizes[highest:]))
    if float(next(iter(rows))) in (0, 1) and len(sizes) > 3 and highest <= 1 and falling and sizes[-1] < least:
        raise UsageError(
            f"target {found.name} looks like a count: whole numbers {found.range}, the larger the rarer "
            f"({_listed(dict(list(rows.items())[-3:]))} of the rows). Give --problem regression to predict amounts, or "
            "--problem multiclass to predict classes."
        )
