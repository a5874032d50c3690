"""Reads and writes many files of a repository at once."""

import tempfile
from pathlib import Path

from outcome import Entry
from repository import run
from rewriting import kinds

LARGE = 2_000_000  # bytes; no file that a person edits


def read(scratch: Path, things: set[str]) -> dict[str, bytes]:
    """Returns the content of blobs, large ones left out."""
    if not things:
        return {}
    names = "".join(f"{thing}\n" for thing in sorted(things)).encode()
    sizes = run("cat-file", "--batch-check", at=scratch, feed=names).stdout.decode().splitlines()
    small = [line.split()[0] for line in sizes if line.split()[1] == "blob" and int(line.split()[2]) <= LARGE]
    packed = run("cat-file", "--batch", at=scratch, feed="".join(f"{thing}\n" for thing in small).encode()).stdout
    contents, at = {}, 0
    for thing in small:
        head, at = packed[at : packed.index(b"\n", at)], packed.index(b"\n", at) + 1
        size = int(head.split()[2])
        contents[thing] = packed[at : at + size]
        at += size + 1
    return contents


def write(scratch: Path, contents: set[bytes]) -> dict[bytes, str]:
    """Puts contents into the repository, and returns their names."""
    if not contents:
        return {}
    with tempfile.TemporaryDirectory(prefix="template-", ignore_cleanup_errors=True) as folder:
        files = {Path(folder, str(number)): content for number, content in enumerate(contents)}
        for file, content in files.items():
            file.write_bytes(content)
        names = "".join(f"{file}\n" for file in files).encode()
        things = run("hash-object", "-w", "--no-filters", "--stdin-paths", at=scratch, feed=names).stdout.split()
    return {content: thing.decode() for content, thing in zip(files.values(), things, strict=True)}


def decoded(content: bytes, encoding: str) -> str | None:
    """Returns the text of a file, or None where it would not come back the same."""
    try:
        text = content.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None
    return text if text.encode(encoding) == content and "\0" not in text else None


def encoded(text: str, path: str, like: bytes) -> bytes:
    """Returns the bytes of a text that was taken from a file, in the encoding that it names, with the file's mark."""
    mark = kinds.encoding(path, like) == "utf-8-sig"
    return text.encode("utf-8-sig" if mark else kinds.encoding(path, text.encode(errors="replace")))


def same_kind(entry: Entry, thing: str) -> Entry:
    """Returns the entry of a file with another content."""
    return entry[0], thing
