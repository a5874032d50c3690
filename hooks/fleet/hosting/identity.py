"""Whether the operator can commit in a repository at all: checked before an update, not after it."""

import tempfile
from dataclasses import dataclass, field

from once import Once

from hosting.git import NETWORK_SECONDS, FleetError, attempt, raw
from hosting.repositories import Repository


@dataclass(frozen=True)
class Identity:
    """Tries once for all repositories with the same settings."""

    _once: Once[bool] = field(default_factory=Once)

    def demand(self, repository: Repository) -> bool:
        """Returns whether commits are signed.

        Raises:
            FleetError: Git doesn't know who commits, or can't sign.
        """
        settings = attempt(repository.top, "config", "--null", "--get-regexp", r"^(user|author|committer|gpg|commit)\.")
        return self._once.of(settings.stdout, lambda: _tried(repository))


def _tried(repository: Repository) -> bool:
    top = repository.top
    for role in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
        if attempt(top, "var", role).returncode:
            message = f"git doesn't know who commits in {top}: `git config --global user.name` and `user.email`"
            raise FleetError(message)
    signs = attempt(top, "config", "--type=bool", "--get", "commit.gpgSign").stdout.strip() == b"true"
    if signs:
        with tempfile.TemporaryDirectory(prefix="fleet-") as objects:
            places = {"GIT_OBJECT_DIRECTORY": objects, "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(repository.objects)}
            tree = attempt(top, "hash-object", "-t", "tree", "-w", "--stdin", variables=places).stdout.decode().strip()
            done = attempt(top, "commit-tree", "-S", "-m", "a trial", tree, variables=places, seconds=NETWORK_SECONDS)
        if done.returncode:
            said = " ".join(done.stderr.decode(errors="replace").split())
            message = f"commits in {top} are signed, and signing fails ({said}): correct it, or set commit.gpgSign"
            raise FleetError(message)
    return signs


def commit(repository: Repository, tree: str, base: str, message: str, *, signs: bool) -> str:
    """Makes a commit on top of the base, on no branch yet; returns its id.

    Raises:
        FleetError: It can't be made.
    """
    options = ("-S",) if signs else ()
    made = raw(
        repository.top,
        "commit-tree",
        *options,
        tree,
        "-p",
        base,
        "-F",
        "-",
        feed=message.encode(),
        seconds=NETWORK_SECONDS,
    )
    return made.decode().strip()
