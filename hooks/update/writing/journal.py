"""What an update is about to write, on disk before it begins: so that a killed one can be undone, and only that."""

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from repository import GuardError, locate

from .files import Mark

Entry = tuple[str, str]  # mode and object, as git names them
Staged = tuple[str, str, int]  # the same with the stage of git's index

OLD, NEW, UNDONE = "old", "new", "undone"  # folders of the stage: taken away, to be put, put and taken back


@dataclass
class Change:
    """What the update does to one path.

    Attributes:
        number: Its place in the list of changes.
        path: From the top of the repository.
        old: The path's entry in the commit that the update was planned for.
        new: Its entry after the update.
        index: What git's index holds afterwards; several stages where there are conflict markers.
        was: What lay in the working tree before; None also where git leaves the file out (a sparse checkout).
        wrote: What the update puts there.
        sparse: Whether git's index says that the file may be left out.
    """

    number: int
    path: str
    old: Entry | None
    new: Entry | None
    index: list[Staged]
    was: Mark | None = None
    wrote: Mark | None = None
    sparse: bool = False


@dataclass(frozen=True)
class Places:
    """Where git and the guard keep what they need for writing.

    Attributes:
        top: The repository's working tree.
        folder: The guard's own folder in the git directory.
        index: Git's index.
        legacy: The journal of guards before 0.6.0.
    """

    top: Path
    folder: Path
    index: Path
    legacy: Path

    @classmethod
    def of(cls, top: Path) -> "Places":
        """Finds them."""
        return cls(top, *locate("template-update", "index", "template-update.json", at=top))

    @property
    def journal(self) -> Path:
        """The file of the journal."""
        return self.folder / "journal.json"


@dataclass
class Journal:
    """An update that is being written.

    Attributes:
        places: Where it is written.
        stage: Folder for the files that come and go.
        head: The commit that the update was planned for.
        changes: What it does.
        folders: Folders that it makes, from the top of the repository.
    """

    places: Places
    stage: Path
    head: str
    changes: list[Change]
    folders: list[str]

    def save(self) -> None:
        """Writes it to disk, whole or not at all."""
        text = {
            "stage": self.stage.name,
            "head": self.head,
            "changes": [asdict(change) for change in self.changes],
            "folders": self.folders,
        }
        part = self.places.journal.with_suffix(".part")
        with part.open("w", encoding="utf-8") as file:
            json.dump(text, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.places.journal)

    def close(self) -> None:
        """Ends it: from now on there is nothing to undo."""
        self.places.journal.unlink()
        shutil.rmtree(self.stage, ignore_errors=True)

    @classmethod
    def load(cls, places: Places) -> "Journal":
        """Reads it.

        Raises:
            GuardError: Another version of the guard wrote it.
        """
        try:
            facts = json.loads(places.journal.read_text(encoding="utf-8"))
            changes = [_change(each) for each in facts["changes"]]
            return cls(places, places.folder / facts["stage"], facts["head"], changes, facts["folders"])
        except (ValueError, KeyError, TypeError) as error:
            message = (
                f"an update was killed here, and its journal can't be read ({error!r}): restore the files with "
                f"`git restore`, look for yours in {places.folder}, then delete that folder"
            )
            raise GuardError(message) from None

    def at(self, kind: str, change: Change) -> Path:
        """Returns where the stage has a file of a change: new ones by path, as git puts them, others by number.

        A path may be a file before and a folder afterwards, or the other way round.
        """
        return self.stage / kind / (change.path if kind == NEW else str(change.number))

    def here(self, change: Change) -> Path:
        """Returns where the working tree has it."""
        return self.places.top / change.path


def _change(facts: dict[str, Any]) -> Change:
    """JSON has lists where entries are tuples."""
    pairs = {key: facts[key] and tuple(facts[key]) for key in ("old", "new", "was", "wrote")}
    return Change(**facts | pairs | {"index": [tuple(staged) for staged in facts["index"]]})
