"""What the moves made of a project and of the recorded version, before git merges them."""

from dataclasses import dataclass, field

from outcome import Entry
from rewriting.names import Names
from rewriting.repeating import Rewritten


@dataclass
class Carried:
    """A project and the recorded version after the moves.

    Attributes:
        recorded: The files of the recorded version before the moves.
        base: The files of the recorded version.
        ours: Those of the project.
        owned: Paths of files that the template writes once, before and after the moves.
        names: The moves that hold for this project.
        rewritten: What was changed in each file of the project, by new path.
        split: Names whose edits went to another file, by old path and new path.
        deleted: Names that the project had deleted from a file and that are in a new one, by old path and new path.
        moved_by_both: New path in the template, by the path that the project moved a file to, with the old path.
        refused: New path of each file that can't be moved, for a file of the project's is there, by old path.
        stranded: Split files whose other edits stay.
    """

    recorded: dict[str, Entry]
    base: dict[str, Entry]
    ours: dict[str, Entry]
    owned: set[str]
    names: Names
    rewritten: dict[str, Rewritten] = field(default_factory=dict)
    split: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    deleted: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    moved_by_both: dict[str, tuple[str, str]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    stranded: set[str] = field(default_factory=set)
