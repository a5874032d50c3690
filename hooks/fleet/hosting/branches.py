"""The branch of an update: whether its name is free, and how the commit gets there."""

import hashlib
import re
from pathlib import Path

from hosting.bases import HEADS, Base, bring
from hosting.git import NETWORK_SECONDS, FleetError, attempt, find, git, raw
from hosting.repositories import Repository

FREE, MADE, WAITING = "free", "made", "waiting"


def named(pattern: str, version: str, prefix: str) -> str:
    """Returns the name of a project's branch; one below the top of its repository has its folder in it.

    Raises:
        FleetError: Git allows no such name.
    """
    inner = prefix.strip("/").replace("/", "--")
    plain = re.sub(r"[^\w-]+", "-", inner)
    if plain != inner:
        plain += f"-{hashlib.sha256(inner.encode()).hexdigest()[:6]}"
    name = pattern.replace("{version}", version) + (f"-{plain}" if plain else "")
    if name.startswith("-") or attempt(Path.cwd(), "check-ref-format", f"{HEADS}{name}").returncode:
        message = f"git allows no branch of the name {name!r}: name another --branch"
        raise FleetError(message)
    return name


def standing(repository: Repository, base: Base, name: str, subject: str) -> tuple[str, str | None]:
    """Says what an earlier call left on the branch.

    Returns:
        `free` where there is no such branch; `made` with its commit, where it is one commit of that subject on top of
        the base; `waiting` with its commit, where such a commit is on it with others or on an older base, or is merged.

    Raises:
        FleetError: The branch holds something else.
    """
    top = repository.top
    if base.branches is None:
        tip = find(top, f"refs/remotes/{base.remote}/{name}") if base.remote else None
    else:
        tip = base.branches.get(name)
        if tip is not None and base.remote and find(top, tip) is None:
            bring(repository, base.remote, f"{HEADS}{name}")
    tip = tip or find(top, f"{HEADS}{name}")
    if tip is None:
        return FREE, None
    lines = git(top, "log", "--format=%P%x09%s", f"{base.commit}..{tip}", "--").split("\n")
    if lines == [f"{base.commit}\t{subject}"]:
        return MADE, tip
    if lines == [""] or any(line.endswith(f"\t{subject}") for line in lines):
        return WAITING, tip
    message = f"the branch {name} of {top} is there and holds something else: delete it, or name another --branch"
    raise FleetError(message)


def demand_equal(repository: Repository, tip: str, tree: str, name: str) -> None:
    """Refuses a branch that has the right subject and other files.

    Raises:
        FleetError: The files differ.
    """
    if git(repository.top, "rev-parse", f"{tip}^{{tree}}") != tree:
        message = (
            f"the branch {name} of {repository.top} is there with other files: delete it, or name another --branch"
        )
        raise FleetError(message)


def create(repository: Repository, name: str, commit: str) -> None:
    """Makes the branch in the repository; the checkout stays as it is.

    Raises:
        FleetError: It exists by now, or its name is in the way of another one.
    """
    raw(
        repository.top, "update-ref", "-m", "fleet: update of the template", f"{HEADS}{name}", commit, "0" * len(commit)
    )


def push(repository: Repository, remote: str, name: str, commit: str) -> None:
    """Pushes a commit as a new branch of the remote.

    Raises:
        FleetError: The remote refuses it.
    """
    target = f"{commit}:{HEADS}{name}"
    done = attempt(repository.top, "push", "--quiet", "--no-verify", "--", remote, target, seconds=NETWORK_SECONDS)
    if done.returncode:
        said = " ".join(done.stderr.decode(errors="replace").split())
        message = f"{remote} refuses the branch {name}: {said}"
        raise FleetError(message)
