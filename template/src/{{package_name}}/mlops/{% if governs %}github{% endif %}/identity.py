"""Says which repository this is, and with whose token: of the environment, or of the command `gh`."""

import os
import re
import shutil
import subprocess
from urllib.parse import urlsplit

from ..core.errors import UsageError


def _output(*command: str) -> str:
    """Returns what a command says, or nothing where it fails or is not installed."""
    program = shutil.which(command[0])
    if not program:
        return ""
    done = subprocess.run([program, *command[1:]], capture_output=True, encoding="utf-8", check=False)  # noqa: S603
    return "" if done.returncode else done.stdout.strip()


def server() -> str:
    """Returns the address of GitHub; on GitHub's runners it is in the environment."""
    return (os.environ.get("GITHUB_SERVER_URL") or "https://github.com").rstrip("/")


def repository() -> str:
    """Returns `OWNER/NAME` of the remote `origin`.

    Raises:
        UsageError: There is no such remote, or it is not at GitHub.
    """
    url = _output("git", "remote", "get-url", "origin")
    host = re.escape(urlsplit(server()).netloc)
    found = re.search(rf"^(?:https://(?:[^@/]+@)?|ssh://git@|git@){host}[:/]([\w.-]+/[\w.-]+?)(?:\.git)?/?$", url)
    if not found:
        raise UsageError(
            f"the remote origin is {'not at ' + server() if url else 'not set'}: "
            "name the repository by ARGS='--repository OWNER/NAME'."
        )
    return found[1]


def token() -> str:
    """Returns the token of the environment, or the one that `gh` keeps.

    Raises:
        UsageError: There is none.
    """
    host = urlsplit(server()).netloc
    found = os.environ.get("GH_TOKEN") or os.environ.get("GITHUB_TOKEN")
    found = found or _output("gh", "auth", "token", "--hostname", host)
    found = found.strip()
    if found and not re.fullmatch(r"[!-~]+", found):
        raise UsageError("the token has spaces or other signs in it: copy it again.")
    if not found:
        raise UsageError(f"no token of {host}: run `gh auth login`, or set GH_TOKEN to one that may administer it.")
    return found
