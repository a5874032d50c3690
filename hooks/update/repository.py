"""Git as the guard needs it: no hooks, no settings of the person or the machine that change what a command means."""

import os
import subprocess
from pathlib import Path

# What changes the meaning of a command, whoever runs it; `core.autocrlf` stays the user's where files are written.
NEUTRAL = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.quotePath": "false",
    "core.ignoreStat": "false",
    "status.showUntrackedFiles": "all",
    "status.relativePaths": "false",
    "commit.gpgSign": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "merge.renames": "true",
    "merge.directoryRenames": "false",
    "merge.renormalize": "false",
    "merge.conflictStyle": "merge",
    "diff.renameLimit": "0",
}
RAW = {"core.autocrlf": "false", "core.safecrlf": "false", "core.eol": "lf", "core.attributesFile": os.devnull}
IDENTITY = {f"GIT_{role}_{what}": "template" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
# Set by git for its hooks and aliases: with them a command would work on another repository than the one meant.
FOREIGN = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_NAMESPACE")


class GuardError(Exception):
    """Something the guard refuses or can't do; the text is one sentence: what, where, what to do."""


def environment(settings: dict[str, str], **variables: str) -> dict[str, str]:
    """Returns an environment in which git obeys these settings before all others.

    Args:
        settings: Git settings by name.
        variables: Further variables of the environment.
    """
    kept = {key: value for key, value in os.environ.items() if key not in FOREIGN}
    first = int(kept.get("GIT_CONFIG_COUNT", 0))
    for number, (key, value) in enumerate(settings.items(), first):
        kept |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    count = {"GIT_CONFIG_COUNT": str(first + len(settings)), "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
    return kept | IDENTITY | count | {"GIT_OPTIONAL_LOCKS": "0"} | variables  # a dry run writes nothing


def run(
    *arguments: str, at: Path, feed: bytes = b"", allowed: tuple[int, ...] = (0,), raw: bool = True, **variables: str
) -> subprocess.CompletedProcess[bytes]:
    """Runs git.

    Args:
        arguments: What follows `git`.
        at: Folder to run in.
        feed: Standard input.
        allowed: Exit codes that are no error.
        raw: Whether files are taken and written byte by byte; otherwise as the user's line ending settings say.
        variables: Further variables of the environment.

    Raises:
        GuardError: Git ended with another exit code, or is not installed.
    """
    settings = NEUTRAL | RAW if raw else NEUTRAL
    try:
        done = subprocess.run(  # noqa: S603
            ["git", *arguments],  # noqa: S607
            cwd=at,
            env=environment(settings, **variables),
            input=feed,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        message = "git is not installed: install git 2.38 or newer"
        raise GuardError(message) from None
    if done.returncode not in allowed:
        said = " ".join(done.stderr.decode(errors="replace").split()) or f"exit code {done.returncode}"
        message = f"git {arguments[0]} failed in {at}: {said}"
        raise GuardError(message)
    return done


def ask(*arguments: str, at: Path, **variables: str) -> str:
    """Runs git and returns the text it printed, without the last line's end."""
    return os.fsdecode(run(*arguments, at=at, **variables).stdout).rstrip("\n")


def locate(*names: str, at: Path) -> list[Path]:
    """Returns the paths of files in the git directory."""
    options = [word for name in names for word in ("--git-path", name)]
    return [Path(line) for line in ask("rev-parse", "--path-format=absolute", *options, at=at).splitlines()]


def renames(before: str, after: str, at: Path) -> list[tuple[str, str]]:
    """Returns old and new path of each file that git finds renamed between two commits or trees."""
    command = ("diff-tree", "-r", "-z", "--find-renames", "--diff-filter=R", "--name-status")
    names = os.fsdecode(run(*command, before, after, at=at).stdout).split("\0")
    return list(zip(names[1::3], names[2::3], strict=False))


def tree(commit: str, at: Path, *paths: str) -> dict[str, tuple[str, str]]:
    """Returns mode and object of every file in a tree, or of these files as far as it has them, by path."""
    listed = os.fsdecode(run("ls-tree", "-r", "-z", commit, "--", *paths, at=at).stdout).split("\0")
    entries = (line.split("\t", 1) for line in listed if line)
    return {path: (facts.split()[0], facts.split()[2]) for facts, path in entries}
