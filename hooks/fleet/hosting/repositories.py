"""The repository of a project as it is on this machine: where its objects are, and what is checked out."""

from dataclasses import dataclass
from pathlib import Path

from hosting.git import FleetError, attempt, git


@dataclass(frozen=True)
class Repository:
    """A repository.

    Attributes:
        top: Where its checkout is.
        common: Its git directory, the same for all its worktrees.
        objects: Where its objects are.
        kind: Format of their ids.
        partial: Whether objects are missing that git fetches when it needs them.
    """

    top: Path
    common: Path
    objects: Path
    kind: str
    partial: bool

    @classmethod
    def at(cls, top: Path | None, folder: Path) -> "Repository":
        """Looks at the repository that a project is in.

        Raises:
            FleetError: There is none, or git can't read it.
        """
        if top is None:
            message = f"{folder} is in no git repository: clone it, or `git init`, `git add --all`, `git commit`"
            raise FleetError(message)
        wanted = ("--git-common-dir", "--git-path", "objects", "--show-object-format")
        common, objects, kind = git(top, "rev-parse", "--path-format=absolute", *wanted).split("\n")
        partial = attempt(top, "config", "--get-regexp", r"^remote\..*\.promisor$").returncode == 0
        return cls(top, Path(common), Path(objects), kind, partial)


def checked_out(repository: Repository, prefix: str, base: str) -> dict[str, object]:
    """Compares what is checked out with the commit that updates start from.

    Returns:
        The branch (empty where none is checked out), commits `ahead` of and `behind` the base, and whether the
        project has uncommitted work (`dirty`).
    """
    top = repository.top
    counted = attempt(top, "rev-list", "--left-right", "--count", f"HEAD...{base}", "--").stdout.split()
    ahead, behind = (int(word) for word in counted) if len(counted) == 2 else (0, 0)
    work = git(top, "status", "--porcelain", "--untracked-files=normal", "--", f":(top,literal){prefix}")
    return {"branch": git(top, "branch", "--show-current"), "ahead": ahead, "behind": behind, "dirty": bool(work)}
