"""Brings the closed files of the prediction log to a bucket: one at a time, by the writer's process.

A file keeps its name, so one that is sent again, because it could not be removed here, is the one that is there. The
account needs the right to create objects, and no other: not to read, list, replace or delete.
"""

import re
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, TypedDict

from ...core import untrusted_text

CLOSED = "????-??-??/*.parquet"
PAUSE, LONGEST = 0.5, 30.0  # seconds between two rounds, and at most after failures
LAST = 5.0  # seconds for the last files, when the service ends
# The clouds' own addresses have TLS; one that AWS_ENDPOINT_URL or the like names may have none.
OPTIONS: dict[str, Any] = {
    "client_options": {"connect_timeout": "2s", "timeout": "4s", "allow_http": True},
    "retry_config": {"max_retries": 0},
}


class Waiting(TypedDict):
    """What the service is told.

    Attributes:
        sent: Files that the bucket has, since the process started.
        files: How many wait.
        since: When the oldest of them was written, in seconds since 1970.
        error: Why the last one could not be sent, or nothing.
    """

    sent: int
    files: int
    since: float | None
    error: str


class Bucket:
    """A folder, whose closed files go to a bucket."""

    def __init__(self, folder: Path, url: str, most: int) -> None:
        """Sends what is there, and what will be; holds at most so many bytes here."""
        self._folder, self._url, self._shown, self._most = folder, url, untrusted_text.address(url), most
        self._bytes, self._ended = 0, threading.Event()
        self._store: Any = None
        self.waiting: Waiting = {"sent": 0, "files": 0, "since": None, "error": ""}
        self._thread = threading.Thread(target=self._run, name="bucket", daemon=True)
        self._thread.start()

    @property
    def full(self) -> bool:
        """Whether so much waits that nothing further may be taken."""
        return self._bytes > self._most

    def finish(self) -> None:
        """Sends what is left, if that takes no longer than `LAST`."""
        until = time.monotonic() + LAST
        self._ended.set()
        self._thread.join(LAST)
        if not self._thread.is_alive():
            self._send(until)

    def _run(self) -> None:
        pause = PAUSE
        while not self._ended.wait(pause):
            try:
                self._send()
            except Exception as error:  # whatever it is: files wait on, and the service says why
                self.waiting["error"] = untrusted_text.reason(error, self._url)
            pause = min(pause * 2, LONGEST) if self.waiting["error"] else PAUSE

    def _send(self, until: float | None = None) -> None:
        """Sends the files that are closed; until then, or until the service ends."""
        said = ""
        for path in self._look():
            if time.monotonic() >= until if until else self._ended.is_set():
                break
            try:
                body = path.read_bytes()
                failed = self._put(path.relative_to(self._folder).as_posix(), body)
                if failed:
                    said = failed
                    break
                path.unlink()
            except FileNotFoundError:
                continue  # another process sends from the same folder
            except OSError as error:  # this one stays; the others go
                said = f"{path} can't be read and removed ({error.strerror}): give the service the right to."
                continue
            self.waiting["sent"] += 1
        self._look()
        self.waiting["error"] = said

    def _look(self) -> list[Path]:
        """Returns the files that wait, the oldest first."""
        found = []
        for path in self._folder.glob(CLOSED):
            with suppress(OSError):  # it has gone, or can't be looked at; reading it says why
                found.append((path.stat().st_mtime, path.stat().st_size, path))
        found.sort()
        self._bytes = sum(size for _, size, _ in found)
        self.waiting |= {"files": len(found), "since": found[0][0] if found else None}
        return [path for *_, path in found]

    def _put(self, name: str, body: bytes) -> str:
        """Makes an object, unless it is there; returns why not, or nothing."""
        from obstore import exceptions
        from obstore.store import from_url

        try:
            if self._store is None:
                self._store = from_url(self._url, **OPTIONS)
            with suppress(exceptions.AlreadyExistsError):
                self._store.put(name, body, mode="create", use_multipart=False)
        except FileNotFoundError:
            return f"{self._shown} does not exist: correct the address."
        except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError):
            return f"{self._shown} refuses this account: give it the right to create objects there, and no other."
        except BaseException as error:  # also a panic of the library, which is no Exception
            first = re.sub(r" in [\d.]+\S+ ", " ", str(error).partition("\n")[0])  # without the time it stays the same
            said = untrusted_text.reason(first, self._url)
            return f"{self._shown} can't be reached ({said}): check address, network and credentials."
        return ""
