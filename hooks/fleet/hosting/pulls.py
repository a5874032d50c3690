"""Opens the pull request of a pushed branch, by `gh` where it is installed and logged in to the host."""

import json
import re
import shutil
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from hosting.bases import Base
from hosting.git import NETWORK_SECONDS, FleetError, attempt, environment, git, run
from hosting.repositories import Repository

ADDRESS = re.compile(
    r"(?:https://(?:[^/@]+@)?|ssh://(?:[^/@]+@)?|(?:[^/@:]+@))(?P<host>[\w.-]+)(?::\d+)?[/:]"
    r"(?P<owner>[\w.-]+)/(?P<name>[\w.-]+?)(?:\.git)?/?"
)


@dataclass(frozen=True)
class Place:
    """Where a repository is on its host."""

    host: str
    owner: str
    name: str


def place(repository: Repository, remote: str) -> Place | None:
    """Returns where a remote is, or None where its address is no host's, as written or as git extends it."""
    written = attempt(repository.top, "config", "--get", f"remote.{remote}.url").stdout.decode(errors="replace").strip()
    for address in (written, git(repository.top, "remote", "get-url", "--push", "--", remote)):
        if parts := ADDRESS.fullmatch(address):
            return Place(**parts.groupdict())
    return None


def _gh(repository: Repository, *arguments: str, feed: bytes = b"") -> tuple[int, str, str]:
    quiet = environment({"GH_PROMPT_DISABLED": "1", "GH_NO_UPDATE_NOTIFIER": "1", "NO_COLOR": "1"})
    done = run(["gh", *arguments], at=repository.top, environment=quiet, feed=feed, seconds=NETWORK_SECONDS)
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


def _call(repository: Repository, where: Place, method: str, query: str, **body: Any) -> Any:
    path = f"repos/{where.owner}/{where.name}/pulls{query}"
    options = ("--hostname", where.host, "--method", method, *(("--input", "-") if body else ()))
    code, out, said = _gh(repository, "api", *options, path, feed=json.dumps(body).encode() if body else b"")
    if code:
        message = f"no pull request in {where.owner}/{where.name}: {' '.join([*said.split(), *_reasons(out)])}"
        raise FleetError(message)
    return json.loads(out)


def _reasons(out: str) -> list[str]:
    """Returns the sentences of GitHub's errors; `gh` says only their kind."""
    try:
        return [str(error.get("message", "")) for error in json.loads(out).get("errors", [])]
    except (ValueError, AttributeError, TypeError):
        return []


def open_pull(repository: Repository, base: Base, branch: str, title: str, text: str) -> str:
    """Opens a pull request, or finds the one that is open.

    Returns:
        Its address, or why there is none.

    Raises:
        FleetError: The host refuses it.
    """
    where = place(repository, str(base.remote))
    if where is None:
        return "not opened: the remote is no host's"
    if shutil.which("gh") is None:
        return "not opened: gh is not installed"
    if _gh(repository, "auth", "token", "--hostname", where.host)[0]:
        return f"not opened: gh is not logged in to {where.host}"
    there = _call(repository, where, "GET", "?" + urlencode({"state": "open", "head": f"{where.owner}:{branch}"}))
    if there:
        return str(there[0]["html_url"])
    made = _call(repository, where, "POST", "", title=title, head=branch, base=base.branch, body=text)
    return str(made["html_url"])


def described(row: dict[str, Any]) -> str:
    """Returns the text of the pull request: names and reasons come from the project, so they are in a block of code."""
    files = row.get("files", {})
    lines = [
        f"{fact['verdict']:9} {path}{': ' if fact['reason'] else ''}{fact['reason']}" for path, fact in files.items()
    ]
    listed = "\n".join(lines)[:50_000]
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", listed)), default=0))
    head = f"Update of the template, {row['from']} to {row['to']}, by `hooks/fleet`. No file needs a decision."
    return f"{head}\n\n{fence}text\n{listed}\n{fence}\n"
