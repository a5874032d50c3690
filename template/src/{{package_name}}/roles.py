"""Roles that a column of the contract can have: write them into its `Annotated[...]` in `schema.py`."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Id:
    """Names the row: unique, never a feature."""


@dataclass(frozen=True)
class Target:
    """What the model predicts.

    Attributes:
        positive: For a binary target of two literals, the one whose probability is predicted;
            without it, the second literal.
    """

    positive: str | int | None = None


@dataclass(frozen=True)
class Sensitive:
    """Groups people: fairness is measured by it.

    Attributes:
        feature: Whether the model may use the column too.
    """

    feature: bool = True


@dataclass(frozen=True)
class EventTime:
    """When the row happened: the data are split by it, and it is never a feature."""


@dataclass(frozen=True)
class Group:
    """Rows that belong together (a household, a patient): never on both sides of a split, never a feature."""


@dataclass(frozen=True)
class NotAFeature:
    """Validated and kept in the data, such as an amount for a metric, but the model may not use it."""


@dataclass(frozen=True, init=False)
class Written:
    """Numbers in text have marks, such as `$1.2k`, which is 1200.

    Attributes:
        marks: One unit, such as "$", "USD" or "%", which is left out; "k", "M", "B" for thousands, millions, billions;
            "'" or " " between thousands; "()" around a negative number; "-" for a minus behind it or a long one.
    """

    marks: tuple[str, ...]

    def __init__(self, *marks: str) -> None:
        """Takes the marks."""
        object.__setattr__(self, "marks", marks)


@dataclass(frozen=True)
class Missing:
    """Some values may be missing; the type must allow None.

    Attributes:
        share: The largest share of rows, 0 to 1, in which they may be.
        values: Values that mean a missing one, such as -999.
    """

    values: tuple[Any, ...] = field(default=(), kw_only=True)
    share: float = 1.0
