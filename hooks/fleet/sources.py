"""Templates on this machine: each fetched once for all projects that need it, and only from where the policy allows."""

import fnmatch
import hashlib
import os
import runpy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml
from hosting.git import NETWORK_SECONDS, FleetError, find, git
from hosting.repositories import Repository
from once import Once
from packaging.version import InvalidVersion, Version
from projects import ANSWERS, Project

# What starts the guard in a project: the fleet reads a source as that does, and shares its clones.
STARTER = Path(__file__).resolve().parents[2] / "template/tools/update.py"


@dataclass(frozen=True)
class Template:
    """The repository of a template on this machine.

    Attributes:
        folder: Where it is.
        state: Changes when its versions do.
        newest: Its newest release, or nothing.
    """

    folder: Path
    state: str
    newest: str

    @classmethod
    def at(cls, folder: Path) -> "Template":
        """Looks at a repository.

        Raises:
            FleetError: It is none.
        """
        listed = git(folder, "for-each-ref", "--format=%(refname:lstrip=2) %(objectname)", "refs/tags")
        releases = []
        for line in listed.splitlines():
            try:
                version = Version(line.split()[0])
            except InvalidVersion:
                continue
            releases += [] if version.is_prerelease else [(version, line.split()[0])]
        return cls(folder, hashlib.sha256(listed.encode()).hexdigest(), max(releases, default=(None, ""))[1])

    def target(self, to: str | None) -> str:
        """Returns what stands for the version to update to: its commit, or the state of all versions."""
        return (find(self.folder, to) or to) if to else self.state


@dataclass(frozen=True)
class Sources:
    """Finds the template of each project.

    Attributes:
        only: The template of all projects, or None where each names its own.
        allowed: Patterns of sources; a project that names another is refused. None allows all.
    """

    only: str | None = None
    allowed: Sequence[str] | None = None
    _once: Once[Template] = field(default_factory=Once)

    def of(self, project: Project, repository: Repository, commit: str) -> Template:
        """Returns the template that a project names in a commit.

        Raises:
            FleetError: It names none, or one that is not allowed or can't be fetched.
        """
        recorded = source(project, repository, commit)
        patterns = [recorded] if self.only or self.allowed is None else self.allowed
        if recorded not in patterns and not any(fnmatch.fnmatchcase(recorded, pattern) for pattern in patterns):
            message = f"{project.folder} was made from {recorded}, which is not in `sources` of the policy"
            raise FleetError(message)
        wanted = self.only or recorded
        try:
            local = (project.folder / Path(wanted).expanduser()).resolve()
            is_local = local.is_dir()
        except (OSError, RuntimeError, ValueError) as error:
            message = f"{project.folder} was made from {wanted!r}, which is no place of a template: {error}"
            raise FleetError(message) from None
        if is_local:
            return self._once.of(local, lambda: Template.at(local))
        return self._once.of(wanted, lambda: Template.at(_fetched(wanted)))


def source(project: Project, repository: Repository, commit: str) -> str:
    """Returns the template that a project names in a commit.

    Raises:
        FleetError: There is no project in that commit, or it names none.
    """
    path = f"{project.prefix}{ANSWERS}"
    entry = git(repository.top, "ls-tree", commit, "--", f":(top,literal){path}")
    if not entry.startswith("100"):
        what = "is no regular file" if entry else "is missing"
        message = f"{path} {what} on the default branch ({commit:.9}) of {repository.top}: merge the project first"
        raise FleetError(message)
    try:
        recorded = yaml.safe_load(git(repository.top, "cat-file", "blob", entry.split()[2]))
        named = recorded["_src_path"] if isinstance(recorded, dict) else None
    except (KeyError, yaml.YAMLError, RecursionError):
        named = None
    if not isinstance(named, str):
        message = f"{project.folder / ANSWERS} names no template: restore it, or copy again"
        raise FleetError(message)
    return named


@cache
def _address() -> Callable[[str], str]:
    address: Callable[[str], str] = runpy.run_path(str(STARTER))["address"]
    return address


def _fetched(source: str) -> Path:
    url = _address()(source)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "copier-mlops/templates"
    mirror = cache / hashlib.sha256(url.encode()).hexdigest()[:16]
    cache.mkdir(parents=True, exist_ok=True)
    if mirror.exists():
        git(mirror, "remote", "update", "--prune", seconds=NETWORK_SECONDS)
    else:
        beside = mirror.with_suffix(f".{os.getpid()}")
        git(cache, "clone", "--quiet", "--mirror", "--", url, str(beside), seconds=NETWORK_SECONDS)
        beside.rename(mirror)
    return mirror
