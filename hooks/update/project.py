"""The project in its git repository, which an update wants without uncommitted work."""

from dataclasses import dataclass
from pathlib import Path

from record import ANSWERS, recorded
from repository import GuardError, ask, locate, run

# What git leaves in its directory while something of several steps is under way.
PENDING = {
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
    "sequencer": "cherry-pick or revert of several commits",
    "BISECT_LOG": "bisect",
}


@dataclass(frozen=True)
class Project:
    """A project in a git repository, at its top or in a folder of it.

    Attributes:
        folder: Where the project is.
        top: Where the repository is.
        prefix: The way from the one to the other: empty, or with a slash at its end.
    """

    folder: Path
    top: Path
    prefix: str

    @classmethod
    def at(cls, folder: Path) -> "Project":
        """Finds the project that a folder belongs to.

        Raises:
            GuardError: The folder is in no project, or in no git repository, or in one without commits.
        """
        near = next((place for place in (folder, *folder.parents) if (place / ANSWERS).is_file()), folder)
        source = recorded(near)
        try:
            top = Path(ask("rev-parse", "--show-toplevel", at=near))
            ask("rev-parse", "--verify", "--quiet", "HEAD^{commit}", at=near)
        except GuardError:
            message = (
                f"{near} (made from {source.source}) has no commit: `git init`, `git add --all`, `git commit` first"
            )
            raise GuardError(message) from None
        return cls(near, top, ask("rev-parse", "--show-prefix", at=near))

    @property
    def head(self) -> str:
        """The last commit."""
        return ask("rev-parse", "HEAD", at=self.top)

    def committed(self, commit: str) -> str:
        """Returns the tree of the project in a commit."""
        return ask("rev-parse", f"{commit}:{self.prefix}" if self.prefix else f"{commit}^{{tree}}", at=self.top)

    def demand_clean(self) -> None:
        """Refuses a project with uncommitted work: an update must be one change that can be looked at and undone.

        Raises:
            GuardError: There is such work, or something of git's that waits to be finished.
        """
        for place in locate(*PENDING, at=self.top):
            if place.exists():
                message = f"{self.top} is in the middle of a {PENDING[place.name]} ({place.name}): finish it first"
                raise GuardError(message)
        dirty = run("status", "--porcelain", "--untracked-files=all", "-z", "--", ".", at=self.folder, raw=False)
        paths = [line[3:] for line in dirty.stdout.decode(errors="replace").split("\0") if line]
        if paths:
            more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
            message = f"{self.folder} has uncommitted work ({', '.join(paths[:3])}{more}): commit or stash it first"
            raise GuardError(message)
