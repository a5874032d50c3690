"""A checkout of the base in a repository of its own, which borrows the objects of the project's.

So the operator's checkout, branches, hooks and filters take no part, projects of one repository don't meet, and a run
that fails or is killed leaves nothing behind.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hosting.git import FleetError, raw, run
from hosting.repositories import Repository

SETTINGS = ("-c", f"core.hooksPath={os.devnull}", "-c", "core.autocrlf=false", "-c", "gc.auto=0")


@dataclass(frozen=True)
class Workspace:
    """A repository with a checkout.

    Attributes:
        top: Where it is.
        repository: The one whose objects it borrows.
        commit: What is checked out.
        environment: That of the guard's processes.
    """

    top: Path
    repository: Repository
    commit: str
    environment: Mapping[str, str]

    def git(self, *arguments: str, feed: bytes = b"") -> bytes:
        """Runs git in it, without anybody's settings.

        Raises:
            FleetError: It failed.
        """
        done = run(["git", *SETTINGS, *arguments], at=self.top, environment=self.environment, feed=feed)
        if done.returncode:
            said = " ".join(done.stderr.decode(errors="replace").split())
            message = f"git {arguments[0]} failed in a copy of {self.repository.top}: {said}"
            raise FleetError(message)
        return done.stdout

    def deliver(self) -> str:
        """Gives the repository the objects of an update, as the guard staged it; returns the tree of its commit."""
        tree = self.git("write-tree").decode().strip()
        wanted = f"{tree}\n^{self.commit}\n".encode()
        pack = self.git("pack-objects", "--revs", "--stdout", "--quiet", feed=wanted)
        raw(self.repository.top, "unpack-objects", "-q", feed=pack)
        return tree


@contextmanager
def workspace(repository: Repository, commit: str, room: Path, environment: Mapping[str, str]) -> Iterator[Workspace]:
    """Makes a workspace, and removes it in the end.

    Raises:
        FleetError: It can't be made.
    """
    with tempfile.TemporaryDirectory(dir=room, prefix="w", ignore_cleanup_errors=True) as folder:
        made = Workspace(Path(folder) / "p", repository, commit, environment)
        made.top.mkdir()
        if repository.partial:
            _complete(repository, commit, Path(folder) / "whole")
        made.git("init", "--quiet", "--template=", f"--object-format={repository.kind}")
        inner = made.top / ".git"
        (inner / "objects/info").mkdir(exist_ok=True)
        (inner / "objects/info/alternates").write_text(f"{repository.objects.as_posix()}\n", encoding="utf-8")
        if (repository.common / "shallow").exists():
            shutil.copy(repository.common / "shallow", inner / "shallow")
        (inner / "HEAD").write_text(f"{commit}\n", encoding="utf-8")
        made.git("reset", "--quiet", "--hard")
        yield made


def _complete(repository: Repository, commit: str, folder: Path) -> None:
    """Lets git fetch, all at once, the files that a partial clone left at the remote."""
    folder.mkdir()
    places = {"GIT_WORK_TREE": str(folder), "GIT_INDEX_FILE": f"{folder}.index"}
    raw(repository.top, "read-tree", "--reset", "-u", commit, variables=places)
