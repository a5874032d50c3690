"""A row of a list of moves: where a file and the names in it went."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Place = tuple[str, str]  # a file or module, and a name in it


@dataclass(frozen=True)
class Row:
    """Where a file went.

    Attributes:
        to: Its new path; of a split file, that of what is left of it. None where nothing is left, or the rest stays.
        names: New file and new name of each name that went elsewhere.
    """

    to: str | None = None
    names: Mapping[str, Place] = field(default_factory=dict)


Rows = dict[str, Row]
