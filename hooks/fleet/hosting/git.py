"""Git as the operator runs it in a project's repository: with their identity, keys and network, but without hooks."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

NETWORK_SECONDS = 120.0
NONE: Mapping[str, str] = MappingProxyType({})
# None of them runs a command that a project names, as `ext::` would.
PROTOCOLS = "file:git:http:https:ssh"
SETTINGS = ("-c", f"core.hooksPath={os.devnull}", "-c", "core.fsmonitor=false", "-c", "gc.auto=0")
# Set by git for its hooks and aliases: with them a command would work on another repository than the one meant.
FOREIGN = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_NAMESPACE")


class FleetError(Exception):
    """What the fleet refuses or can't do in a project; the text is one sentence."""


def run(
    command: Sequence[str], *, at: Path, environment: Mapping[str, str], feed: bytes = b"", seconds: float | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Runs a command to its end, or ends it and all that it started when its time is over.

    Raises:
        FleetError: It is not installed, or took too long.
    """
    try:
        process = subprocess.Popen(  # noqa: S603
            command,
            cwd=at,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except FileNotFoundError as error:
        message = f"{error.filename} is missing"
        raise FleetError(message) from None
    with process:
        try:
            out, said = process.communicate(feed, timeout=seconds)
        except BaseException as error:
            kill(process)
            if isinstance(error, subprocess.TimeoutExpired):
                message = f"{' '.join(command[:3])} took longer than {seconds:g} s"
                raise FleetError(message) from None
            raise
    return subprocess.CompletedProcess(command, process.returncode, out, said)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Ends a process that has a session of its own, and all that it started."""
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def environment(variables: Mapping[str, str] = NONE) -> dict[str, str]:
    """Returns the operator's environment, in which git asks for nothing and speaks English."""
    kept = {key: text for key, text in os.environ.items() if key not in FOREIGN}
    fixed = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C", "GIT_ALLOW_PROTOCOL": PROTOCOLS}
    return {**kept, **fixed, **variables}


def attempt(
    top: Path, *arguments: str, feed: bytes = b"", seconds: float | None = None, variables: Mapping[str, str] = NONE
) -> subprocess.CompletedProcess[bytes]:
    """Runs git in a folder, whatever its exit code is."""
    command = ["git", *SETTINGS, *arguments]
    return run(command, at=top, environment=environment(variables), feed=feed, seconds=seconds)


def raw(
    top: Path, *arguments: str, feed: bytes = b"", seconds: float | None = None, variables: Mapping[str, str] = NONE
) -> bytes:
    """Runs git in a folder; returns the bytes it printed.

    Raises:
        FleetError: It failed, or took too long.
    """
    done = attempt(top, *arguments, feed=feed, seconds=seconds, variables=variables)
    if done.returncode:
        said = " ".join(done.stderr.decode(errors="replace").split()) or f"exit code {done.returncode}"
        message = f"git {arguments[0]} failed in {top}: {said}"
        raise FleetError(message)
    return done.stdout


def git(
    top: Path, *arguments: str, feed: bytes = b"", seconds: float | None = None, variables: Mapping[str, str] = NONE
) -> str:
    """Runs git in a folder; returns the text it printed, without the last line's end.

    Raises:
        FleetError: It failed, or took too long.
    """
    return raw(top, *arguments, feed=feed, seconds=seconds, variables=variables).decode(errors="replace").rstrip("\n")


def find(top: Path, name: str) -> str | None:
    """Returns the id of a commit, or None where there is none of that name."""
    done = attempt(top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    return done.stdout.decode().strip() if done.returncode == 0 else None
