"""How a log is a chain of hashes: the form of a line, what must be before it, and one writer at a time.

A line must equal the canonical form of its entry, byte for byte, so that the bytes that people read are those that were
hashed. Each entry that it names is in an earlier line; of branches there are several that nothing follows (`graph`).
Where a log is broken, an entry of the action `re-anchor` seals the bytes before it: the chain resumes there.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ..core import untrusted_text
from ..core.errors import Refusal
from .graph import REANCHOR, START, Entry, follows  # noqa: F401 - a log begins with START

MARKERS = (b"<<<<<<< ", b"=======", b">>>>>>> ", b"||||||| ")


def digest(entry: Entry) -> str:
    """Returns the hash of an entry, of all that it says but the hash itself."""
    body = {key: value for key, value in entry.items() if key != "hash"}
    return hashlib.sha256(
        json.dumps(body, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")
    ).hexdigest()


def as_line(entry: Entry) -> str:
    """Returns the canonical form of an entry."""
    return untrusted_text.as_json(entry)


def lines(content: bytes) -> list[bytes]:
    """Splits a log at line feeds and nothing else; line ends of Windows count as such."""
    return content.replace(b"\r\n", b"\n").removesuffix(b"\n").split(b"\n") if content else []


def seal(before: list[bytes]) -> str:
    """Returns the hash of all bytes that a re-anchoring seals."""
    return hashlib.sha256(b"".join(line + b"\n" for line in before)).hexdigest()


def intact(line: bytes) -> Entry | None:
    """Returns the entry of a line, or None where it is not what was written."""
    try:
        text = line.decode()
        entry = json.loads(text)
        # Up to 0.5.0 nothing was escaped that JSON allows.
        same = text == as_line(entry) or text == json.dumps(entry, ensure_ascii=False)
        same = same and entry["hash"] == digest(entry) and {"action", "previous"} <= set(entry)
        same = same and all(isinstance(said, str) for said in entry.values())
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return dict(entry) if same else None


def _resumes(found: list[bytes], at: int) -> Entry | None:
    """Returns the re-anchoring of a line, which seals all lines before it, or None."""
    entry = intact(found[at])
    return entry if entry and entry["action"] == REANCHOR and entry["previous"] == seal(found[:at]) else None


def _entry(found: list[bytes], at: int, known: set[str]) -> Entry | None:
    """Returns the entry of a line, or None where it is not what was written, or names what is not before it."""
    entry = intact(found[at])
    if entry is None or entry["hash"] in known:
        return None
    return _resumes(found, at) if entry["action"] == REANCHOR else entry if follows(entry, known) else None


def parse(content: bytes, where: object) -> list[Entry]:
    """Returns the entries of a log that are proven: a broken part is left out, if a re-anchoring sealed it.

    Raises:
        Refusal: A line is not what it was when it was written, or one that it follows is not before it.
    """
    found, chain, known, at = lines(content), list[Entry](), set[str](), 0
    while at < len(found):
        entry = _entry(found, at, known)
        if entry is not None:
            chain.append(entry)
            known.add(entry["hash"])
            at += 1
            continue
        broken, at = at, next((later for later in range(at + 1, len(found)) if _resumes(found, later)), len(found))
        if at == len(found):
            if found[broken].startswith(MARKERS):
                raise Refusal(f"{where}, line {broken + 1}: a merge left its conflict markers; run `make merge`.")
            raise Refusal(
                f"{where}, line {broken + 1}: the entry was changed, or one before it is missing; restore the file "
                "from git and find out who changed it, or, where git has no intact one, see docs/runbook.md."
            )
    return chain


def extend(path: Path, content: bytes, entry: Entry) -> None:
    """Writes a log with a further entry, whole or not at all; the caller holds its lock."""
    text = content + (b"" if not content or content.endswith(b"\n") else b"\n") + as_line(entry).encode() + b"\n"
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _is(held: IO[bytes], path: Path) -> bool:
    """Whether an open file is still the one that has the name."""
    return path.exists() and os.path.samestat(os.fstat(held.fileno()), path.stat())


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Lets one writer at a time read and extend a log, of all processes of this machine; none waits for a dead one.

    The lock is on the log itself, so that no further file is left. A writer replaces the file: those that waited for
    the former one wait again.
    """
    if sys.platform == "win32":  # an open file can't be replaced there
        yield
        return
    import fcntl

    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        absent = not path.exists()
        with path.open("ab") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            if not _is(held, path):
                continue
            try:
                yield
            finally:
                if absent and _is(held, path) and not path.stat().st_size:
                    path.unlink()  # nothing was written
            return
