"""The repository of the template on this machine: its tags, its commits, their files."""

import io
import tarfile
from dataclasses import dataclass
from pathlib import Path

from repository import GuardError, ask, run

from source.rendering import Unpacked, one_line

WAY_OUT = "name a local clone with `--template FOLDER`, or correct `_src_path` in .copier-answers.yml and commit it"


@dataclass(frozen=True)
class Template:
    """The repository of a template on this machine.

    Attributes:
        repository: Where it is.
    """

    repository: Path

    @classmethod
    def at(cls, source: Path, *, near: Path) -> "Template":
        """Finds the template in a folder.

        Args:
            source: The folder.
            near: Folder that a relative path starts from.

        Raises:
            GuardError: It is no folder of this machine.
        """
        try:
            folder = (near / source.expanduser()).resolve(strict=True)
        except (OSError, RuntimeError, ValueError) as error:
            message = f"the template can't be fetched from {source}: {WAY_OUT} ({error})"
            raise GuardError(message) from None
        return cls(folder)

    def tags(self, commit: str | None = None) -> list[str]:
        """Returns the tags, or those that a commit contains."""
        return ask("tag", "--list", *(("--merged", commit) if commit else ()), at=self.repository).split()

    def tags_at(self, commit: str) -> list[str]:
        """Returns the tags of a commit; none where it is not there."""
        return ask("tag", "--points-at", commit, at=self.repository).split() if self.find(commit) else []

    def find(self, name: str) -> str | None:
        """Returns the commit of a version, or None where there is none."""
        wanted = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        done = run(*wanted, at=self.repository, allowed=(0, 1, 128))
        return done.stdout.decode().strip() if done.returncode == 0 else None

    def reach(self, commit: str) -> bool:
        """Tells whether a commit is there, or can be fetched by its id into a mirror, as GitHub allows it."""
        mirror = ("config", "--type=bool", "--get", "remote.origin.mirror")
        if self.find(commit) is None and run(*mirror, at=self.repository, allowed=(0, 1)).stdout.strip() == b"true":
            run("fetch", "--quiet", "origin", commit, at=self.repository, allowed=(0, 1, 128))
        return self.find(commit) is not None

    def describe(self, commit: str) -> str:
        """Returns what a project records of a commit, as Copier does."""
        return ask("describe", "--tags", "--always", commit, at=self.repository)

    def contains(self, commit: str, other: str) -> bool:
        """Tells whether a commit is another one, or came after it."""
        ancestry = ("merge-base", "--is-ancestor", other, commit)
        return run(*ancestry, at=self.repository, allowed=(0, 1)).returncode == 0

    def unpack(self, version: str, commit: str, into: Path, *paths: str) -> Unpacked:
        """Unpacks a version, or some of its paths, into a folder.

        Raises:
            GuardError: It has links that lead out of the folder.
        """
        archive = run("archive", "--format=tar", commit, *paths, at=self.repository).stdout
        try:
            with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
                packed.extractall(into, filter="data")
        except tarfile.FilterError as error:
            message = f"version {version} of the template has a file that leads out of its folder: {one_line(error)}"
            raise GuardError(message) from None
        return Unpacked(into, version, commit)
