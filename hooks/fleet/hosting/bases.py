"""The commit that an update starts from: the last one of the remote's default branch, never what is checked out."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from once import Once

from hosting.git import NETWORK_SECONDS, FleetError, attempt, find, git, raw
from hosting.repositories import Repository

HEADS = "refs/heads/"


@dataclass(frozen=True)
class Base:
    """Where an update starts.

    Attributes:
        remote: Name of the remote; None where the repository has none.
        branch: The default branch.
        commit: Its last commit.
        branches: Commits of the remote's branches that begin as the one of the update does, by name; None where it was
            not queried.
    """

    remote: str | None
    branch: str
    commit: str
    branches: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Bases:
    """Looks up the base of each repository, once for all projects in it.

    Attributes:
        fetch: Whether the remote is queried; otherwise what was fetched last counts.
        stem: What the branches of the update begin with.
    """

    fetch: bool
    stem: str
    _once: Once[Base] = field(default_factory=Once)

    def of(self, repository: Repository) -> Base:
        """Returns the base of a repository.

        Raises:
            FleetError: It has none, or the remote can't be reached.
        """
        return self._once.of(repository.common, lambda: self._look(repository))

    def _look(self, repository: Repository) -> Base:
        top = repository.top
        remotes = git(top, "remote").split("\n")
        remote = "origin" if "origin" in remotes else remotes[0]
        if len(remotes) > 1 and remote != "origin":
            message = f"{top} has the remotes {', '.join(remotes)}: call the one to update from `origin`"
            raise FleetError(message)
        if not remote:
            return _local(repository)
        return self._asked(repository, remote) if self.fetch else _fetched_last(repository, remote)

    def _asked(self, repository: Repository, remote: str) -> Base:
        top = repository.top
        wanted = ("--", remote, "HEAD", f"{HEADS}{self.stem}*")
        listed = git(top, "ls-remote", "--symref", *wanted, seconds=NETWORK_SECONDS).split("\n")
        pairs = [line.split("\t", 1) for line in listed if "\t" in line]
        named = [target for target, name in pairs if name == "HEAD" and target.startswith(f"ref: {HEADS}")]
        tips = {name: tip for tip, name in pairs if not tip.startswith("ref: ")}
        if not named or "HEAD" not in tips:
            message = f"{remote} of {top} has no default branch with a commit: push one"
            raise FleetError(message)
        branch, commit = named[0].removeprefix(f"ref: {HEADS}"), tips["HEAD"]
        tracked = f"refs/remotes/{remote}/{branch}"
        if find(top, tracked) != commit:
            bring(repository, remote, f"+{HEADS}{branch}:{tracked}")
        branches = {name.removeprefix(HEADS): tip for name, tip in tips.items() if name.startswith(HEADS)}
        return Base(remote, branch, commit, branches)


def bring(repository: Repository, remote: str, what: str) -> None:
    """Fetches one branch, and nothing else.

    Raises:
        FleetError: It can't be fetched.
    """
    options = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance")
    raw(repository.top, "fetch", *options, "--", remote, what, seconds=NETWORK_SECONDS)


def _fetched_last(repository: Repository, remote: str) -> Base:
    top = repository.top
    named = attempt(top, "symbolic-ref", "--quiet", f"refs/remotes/{remote}/HEAD").stdout.decode().strip()
    for ref in (named, f"refs/remotes/{remote}/main", f"refs/remotes/{remote}/master"):
        commit = find(top, ref) if ref else None
        if commit:
            return Base(remote, ref.removeprefix(f"refs/remotes/{remote}/"), commit)
    message = f"{top} doesn't say what the default branch of {remote} is: add --fetch"
    raise FleetError(message)


def _local(repository: Repository) -> Base:
    top = repository.top
    for branch in ("main", "master", git(top, "branch", "--show-current")):
        commit = find(top, f"{HEADS}{branch}") if branch else None
        if commit:
            return Base(None, branch, commit)
    commit = find(top, "HEAD")
    if commit is None:
        message = f"{top} has no commit: `git add --all`, `git commit` first"
        raise FleetError(message)
    return Base(None, "HEAD", commit)
