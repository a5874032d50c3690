"""The repository that adopts the layout: what its last commit holds. Nothing here writes."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

SYMLINK, SUBMODULE = "120000", "160000"
# Set by git for its hooks and aliases: with them a command would work on another repository than the one meant.
FOREIGN = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_NAMESPACE")
UNFINISHED = (
    "MERGE_HEAD",
    "CHERRY_PICK_HEAD",
    "REVERT_HEAD",
    "rebase-merge",
    "rebase-apply",
    "sequencer",
    "BISECT_LOG",
)


class AdoptError(Exception):
    """Something that the command refuses or can't do; the text is one sentence: what, where, what to do."""


@dataclass(frozen=True)
class Entry:
    """A committed file: mode, object and size, as git names them; a submodule has no size."""

    mode: str
    id: str
    size: int


def git(*arguments: str, at: Path, feed: bytes = b"", variables: Mapping[str, str] | None = None) -> bytes:
    """Runs git without hooks, and returns what it printed.

    Raises:
        AdoptError: Git ended with an error, or is not installed.
    """
    kept = {key: value for key, value in os.environ.items() if key not in FOREIGN}
    command = ["git", "-c", "core.quotePath=false", "-c", f"core.hooksPath={os.devnull}", *arguments]
    try:
        done = subprocess.run(  # noqa: S603
            command,
            cwd=at,
            env=kept | {"LC_ALL": "C"} | dict(variables or {}),
            input=feed,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        message = "git is not installed: install git 2.38 or newer"
        raise AdoptError(message) from None
    if done.returncode:
        said = " ".join(done.stderr.decode(errors="replace").split()) or f"exit code {done.returncode}"
        message = f"git {arguments[0]} failed in {at}: {said}"
        raise AdoptError(message)
    return done.stdout


def line(*arguments: str, at: Path, variables: Mapping[str, str] | None = None) -> str:
    """Runs git and returns the line it printed."""
    return git(*arguments, at=at, variables=variables).decode("utf-8", "surrogateescape").rstrip("\n")


@dataclass(frozen=True)
class Repository:
    """A git repository without uncommitted work.

    Attributes:
        top: Its folder.
        head: Its last commit.
    """

    top: Path
    head: str

    @classmethod
    def at(cls, folder: Path) -> "Repository":
        """Opens a repository.

        Raises:
            AdoptError: The folder is none, or only a part of one, or there is no commit, or uncommitted work.
        """
        if not folder.is_dir():
            message = f"{folder} is no folder: name the repository"
            raise AdoptError(message)
        try:
            top = Path(line("rev-parse", "--show-toplevel", at=folder))
            head = line("rev-parse", "--verify", "--quiet", "HEAD^{commit}", at=folder)
        except AdoptError:
            message = f"{folder} has no commit: `git init`, `git add --all`, `git commit` first"
            raise AdoptError(message) from None
        if top.resolve() != folder.resolve():
            message = f"{folder} is a folder of the repository {top}: name that"
            raise AdoptError(message)
        found = cls(top, head)
        found._demand_clean()
        return found

    def _demand_clean(self) -> None:
        for name in UNFINISHED:
            if (self.top / line("rev-parse", "--git-path", name, at=self.top)).exists():
                message = f"{self.top} is in the middle of a merge, rebase or bisect ({name}): finish it first"
                raise AdoptError(message)
        said = git("status", "--porcelain", "--untracked-files=all", "-z", at=self.top).decode(errors="replace")
        paths = [entry[3:] for entry in said.split("\0") if entry]
        if paths:
            more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
            message = f"{self.top} has uncommitted work ({', '.join(paths[:3])}{more}): commit or stash it first"
            raise AdoptError(message)

    @cached_property
    def entries(self) -> dict[str, Entry]:
        """The committed files, by path."""
        listed = git("ls-tree", "-r", "-l", "-z", self.head, at=self.top).decode("utf-8", "surrogateescape")
        found = {}
        for facts, path in (entry.split("\t", 1) for entry in listed.split("\0") if entry):
            mode, _, thing, size = facts.split()
            found[path] = Entry(mode, thing, 0 if size == "-" else int(size))
        return found

    @cached_property
    def folded(self) -> dict[str, str]:
        """The committed paths by what a file system that ignores case takes them for."""
        return {path.casefold(): path for path in self.entries}

    def read(self, path: str) -> bytes:
        """Returns a committed file."""
        return git("cat-file", "blob", self.entries[path].id, at=self.top)

    def text(self, path: str) -> str:
        """Returns a committed file as text; what is no UTF-8 becomes a replacement character."""
        return self.read(path).decode("utf-8", "replace")
