"""What a merge makes of each file of a project."""

from dataclasses import dataclass, field
from pathlib import Path

Entry = tuple[str, str]  # mode and object, as git names them


@dataclass
class Merge:
    """What the update makes of the project.

    Attributes:
        scratch: The repository that holds the objects.
        base: The files of the recorded version, by path from the project's folder.
        theirs: Those of the new version.
        ours: Those of the project.
        result: Those of the project after the update.
        stages: For each file with conflict markers, what git's index keeps of the conflict: stage and entry.
        reasons: For each file with markers, and each where the project's version stays, why.
        person: Those of them that a person must look at.
        carried: Those of the project after the release's moves, before the merge.
        moved: The old path of each file of the project that the release moved, by its new path; of one that only git
            found, where the project's edits came along.
        parted: The split files of the project whose names went to a new file, by its path.
        notes: What the moves did to a file, where it is not a reason to stay.
    """

    scratch: Path
    base: dict[str, Entry]
    theirs: dict[str, Entry]
    ours: dict[str, Entry]
    result: dict[str, Entry] = field(default_factory=dict)
    stages: dict[str, dict[int, Entry]] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    person: set[str] = field(default_factory=set)
    carried: dict[str, Entry] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    parted: dict[str, list[str]] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Without moves the project's files are what they were."""
        self.carried = self.carried or dict(self.ours)

    def keep(self, path: str, reason: str, *, person: bool = True) -> None:
        """Lets the project's version of a file stay, be it a file or its absence."""
        self.stages.pop(path, None)
        self.result.pop(path, None)
        if path in self.carried:
            self.result[path] = self.carried[path]
        self.reasons[path] = reason
        self.person |= {path} if person else set()

    def leave_out(self, path: str, reason: str) -> None:
        """Writes nothing to a path; a file that the release moved there stays where it was."""
        self.stages.pop(path, None)
        self.result.pop(path, None)
        old = self.moved.pop(path, None)
        if old is not None:
            self.result[old] = self.carried.get(old) or self.ours[old]
            self.notes.pop(path, None)
            self.reasons[old] = f"belongs at {path}, but {reason}"
            self.person.add(old)
        self.reasons[path] = reason
        self.person.add(path)

    def said(self, path: str) -> str:
        """Returns why a file stays, and what the moves did to it."""
        return "; ".join(text for text in (self.reasons.get(path), self.notes.get(path)) if text)

    def verdicts(self) -> dict[str, str]:
        """Returns what happens to each file that the template or the update changes.

        Returns:
            `added`, `changed`, `merged`, `conflict`, `removed`, `moved`, `rewritten` (imports and paths follow the
            moves of the release) or `yours` (the project's version stays), by path.
        """
        verdicts = {}
        origins = {old for new, old in self.moved.items() if old not in self.result}
        for path in sorted({*self.reasons, *self.result, *self.ours, *self.notes}):
            theirs, ours, result = (side.get(path) for side in (self.theirs, self.ours, self.result))
            if path in self.stages:
                verdicts[path] = "conflict"
            elif path in self.moved:
                verdicts[path] = "moved"
            elif path in self.reasons or (path in self.notes and ours == result):
                verdicts[path] = "yours"
            elif ours == result or path in origins:
                continue
            elif ours is None:
                verdicts[path] = "added"
            elif result is None:
                verdicts[path] = "removed"
            elif result == theirs:
                verdicts[path] = "changed"
            else:
                verdicts[path] = "rewritten" if result == self.carried.get(path) else "merged"
        return verdicts
