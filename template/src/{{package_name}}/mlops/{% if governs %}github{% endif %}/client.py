"""Speaks with GitHub's REST API: one repository, one token, and refusals in a sentence."""

import json
import logging
import os
import re
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any
from urllib.parse import quote, urlsplit

from ..core.errors import Refusal, UsageError
from ..core.untrusted_text import reason
from .identity import server

VERSION = "2022-11-28"  # of the API
PAGE = 30  # what every list gives at once
log = logging.getLogger(__name__)


class NotOffered(Refusal):
    """The plan of the owner does not have what was asked for."""


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirection: a token goes to the host that it is of, and a renamed repository is told."""

    def redirect_request(self, *_: Any) -> None:
        return None


def said(error: urllib.error.HTTPError) -> str:
    """Returns what GitHub says of an error, in one line."""
    try:
        body = json.loads(error.read())
        details = [
            str(part.get("message", part) if isinstance(part, dict) else part) for part in body.get("errors", [])
        ]
        text = ". ".join([str(body["message"]), *details])
    except (ValueError, KeyError, TypeError, AttributeError, OSError, HTTPException):
        text = str(error.reason)
    return re.sub(r"[^\x20-\x7e]+", " ", text)[:300]


class GitHub:
    """GitHub's API for one repository.

    Attributes:
        repository: `OWNER/NAME`.
        dry: Whether what would change something is only said.
        changed: The calls that changed something, or would.
    """

    def __init__(self, repository: str, token: str, *, dry: bool = False) -> None:
        """Sets it up; speaks to nobody yet.

        Raises:
            UsageError: The repository is not named as GitHub does, or the address would send the token in the clear.
        """
        if not re.fullmatch(r"[\w-]+/[\w.-]+", repository, re.ASCII):
            raise UsageError(f"{repository!r} is no repository: write OWNER/NAME.")
        enterprise = "" if server() == "https://github.com" else f"{server()}/api/v3"
        self._api = (os.environ.get("GITHUB_API_URL") or enterprise or "https://api.github.com").rstrip("/")
        parts = urlsplit(self._api)
        if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost"):
            raise UsageError(f"GITHUB_API_URL is {self._api!r}: an address without https would show the token.")
        self.repository, self.dry, self._token = repository, dry, token
        self.changed: list[str] = []
        self._opener = urllib.request.build_opener(_Stay())

    def path(self, *parts: str) -> str:
        """Returns a path below the repository; all but the first part are names, and escaped."""
        names = (quote(name, safe="") for name in parts[1:])
        return "/".join([f"/repos/{self.repository}", *parts[:1], *names])

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self._token}",
            "X-GitHub-Api-Version": VERSION,
            "User-Agent": "make github-setup",
        }
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(self._api + path, data, headers, method=method)  # noqa: S310 - see __init__
        with self._opener.open(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else {}

    def _refusal(self, call: str, error: urllib.error.HTTPError) -> Refusal:
        words = said(error).replace(self._token, "***")
        if "billing plan" in words or "Upgrade to GitHub" in words:
            return NotOffered(f"{call}: {words}")
        do = {
            301: "The repository was renamed or moved: `git remote set-url origin` to its new address",
            307: "The repository was renamed or moved: `git remote set-url origin` to its new address",
            401: "The token is not accepted: run `gh auth login`, or set another GH_TOKEN",
            403: f"The token must be of somebody who administers {self.repository}",
            404: f"{self.repository} does not exist, or the token may not see it",
            422: "Fix what it names, then run this again",
        }.get(error.code, "Run this again: what is done already stays")
        return Refusal(f"{call}: GitHub says {error.code} {words}. {do}.")

    def _try(self, method: str, path: str, body: dict[str, Any] | None, *, absent: bool) -> Any:
        call = f"{method} {path}"
        try:
            return self._call(method, path, body)
        except urllib.error.HTTPError as error:
            if absent and error.code == 404:
                return None
            raise self._refusal(call, error) from None
        except (OSError, HTTPException, ValueError) as error:
            raise Refusal(
                f"{call}: no answer from {self._api} ({reason(error).replace(self._token, '***')}). "
                "Run this again: what is done stays."
            ) from None

    def get(self, path: str) -> Any:
        """Returns what is at a path, or None."""
        return self._try("GET", path, None, absent=True)

    def all(self, path: str, key: str = "") -> list[Any]:
        """Returns all entries of a list, page by page.

        Args:
            path: Of the list.
            key: Of the answer, under which the entries are.
        """
        entries: list[Any] = []
        while True:
            page = self.get(f"{path}?per_page={PAGE}&page={len(entries) // PAGE + 1}")
            found = (page or {}).get(key, []) if key else page or []
            entries += found
            if len(found) < PAGE:
                return entries

    def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> None:
        """Changes something, and says so; a dry run only says it.

        Raises:
            Refusal: GitHub refuses, or does not answer.
        """
        call = f"{method} {path}" + (f" {json.dumps(body, sort_keys=True)}" if body is not None else "")
        if not self.dry:
            self._try(method, path, body, absent=False)
        self.changed.append(call)
        log.info("%s", call)
