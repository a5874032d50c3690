"""Compares a log with what remembers it: the last commit, the other branches, the registry."""

import shlex
from pathlib import Path

from ..core import lineage
from ..core.errors import Refusal
from ..core.untrusted_text import visible
from .audit_chain import Entry, intact, lines


class ElsewhereError(Refusal):
    """Git has what the log lacks, so that nothing is lost: the sentence says how it comes back."""


def demand_whole(path: Path, content: bytes) -> None:
    """Makes sure that a log has all that the last commit has of it.

    Args:
        path: The log, of the project's folder.
        content: Its bytes.

    Raises:
        ElsewhereError: Something took entries back that were committed.
    """
    here = set(lines(content))
    there = [line for line in lines(lineage.content("HEAD", path) or b"") if line not in here]
    lost = [entry for entry in map(intact, there) if entry]  # what is broken there may have been restored here
    if lost:
        raise ElsewhereError(
            f"{path} lacks {len(lost)} of the last commit's entries, the first is {lost[0]['hash'][:12]}: `dvc exp "
            f"apply`, a checkout or an edit took it back; restore it, `git checkout HEAD -- {path.as_posix()}`."
        )


def demand(anchor: str | None, chain: list[Entry], path: Path) -> None:
    """Makes sure that a log has the entry that the registry remembers.

    Args:
        anchor: The hash of the entry, or None if the registry keeps none.
        chain: The entries of the log.
        path: The log.

    Raises:
        ElsewhereError: Another branch has the entry.
        Refusal: Git has it nowhere.
    """
    if not anchor or any(entry["hash"] == anchor for entry in chain):
        return
    lacks = f"{path} lacks entry {anchor[:12]}, which the registry remembers"
    ref = lineage.elsewhere(f'"hash": "{anchor}"', path)
    if ref is None:
        raise Refusal(
            f"{lacks} and no branch has here: its end was cut off, or it was not pushed yet; `git fetch`, restore it "
            "from git, or, where git does not have it, see docs/runbook.md."
        )
    if ref == "refs/stash":
        raise ElsewhereError(f"{lacks} and git's stash has: bring it back, `git stash pop`.")
    name = ref.removeprefix("refs/heads/").removeprefix("refs/remotes/").removeprefix("refs/tags/")
    if name.startswith("refs/"):  # such as an experiment of DVC
        command = f"git checkout {shlex.quote(ref)} -- {path.as_posix()}"
        raise ElsewhereError(f"{lacks} and {visible(ref)} has: bring it back, `{visible(command)}`.")
    raise ElsewhereError(
        f"{lacks} and branch {visible(name)} has: merge it first, `{visible(f'git merge {shlex.quote(name)}')}`."
    )
