"""A column as the service sees it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Column:
    """A column of the contract as the model sees it: `categories` are those it knows, in the order of their codes."""

    name: str
    kind: str
    categories: tuple[Any, ...]
    minimum: float | None
    maximum: float | None
    nullable: bool
    roles: tuple[str, ...]
    feature: bool
