"""Makes equal models equal bytes, and names a model by what it holds.

skops names the parts of a file by memory addresses, a zip archive carries times, and the nodes of a tree that was
loaded have gaps of random bytes; here the parts are numbered in order of appearance, times are left out, gaps are zero.
`content_hash` is of that form, whoever wrote the file.
"""

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from ..core.errors import Refusal

GAP = b"('', '|V"  # in the header of an array


def _without_gaps(content: bytes) -> bytes:
    """Sets the bytes between the fields of a structured array to zero."""
    if GAP not in content[:1_000]:
        return content
    stream = io.BytesIO(content)
    np.lib.format.read_magic(stream)
    dtype, start = np.lib.format.read_array_header_1_0(stream)[2], stream.tell()
    rows = np.frombuffer(content, dtype, offset=start)
    clean = np.zeros(len(rows), dtype)
    for name in dtype.names or ():
        clean[name] = rows[name]
    return content[:start] + clean.tobytes()


def canonical(archive: bytes) -> bytes:
    """Rewrites a skops archive so that equal models give equal bytes."""
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        parts = {name: _without_gaps(packed.read(name)) for name in packed.namelist()}
    numbers: dict[int, int] = {}
    files: dict[str, str] = {}

    def renumber(node: Any) -> Any:
        if isinstance(node, list):
            return [renumber(item) for item in node]
        if not isinstance(node, dict):
            return node
        clean = {key: renumber(node[key]) for key in sorted(node)}
        if isinstance(node.get("__id__"), int):
            clean["__id__"] = numbers.setdefault(node["__id__"], len(numbers) + 1)
        if node.get("file") in parts:
            suffix = Path(node["file"]).suffix
            clean["file"] = files.setdefault(node["file"], f"{len(files) + 1}{suffix}")
        return clean

    schema = json.dumps(renumber(json.loads(parts.pop("schema.json"))), sort_keys=True)
    if set(files) != set(parts):
        raise ValueError("parts that nothing refers to")
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_STORED) as packed:
        for name, content in sorted((files[old], content) for old, content in parts.items()):
            packed.writestr(zipfile.ZipInfo(name), content)
        packed.writestr(zipfile.ZipInfo("schema.json"), schema)
    return output.getvalue()


def content_hash(path: Path) -> str:
    """Returns the SHA-256 of what a skops file holds, free of archive times and memory addresses.

    Raises:
        Refusal: It is no skops file.
    """
    try:
        return hashlib.sha256(canonical(path.read_bytes())).hexdigest()
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise Refusal(f"{path} is no intact skops file ({error}): train it anew.") from None


def verify(path: Path, expected: str) -> None:
    """Trusts a model file only if it is the one that was recorded.

    Raises:
        Refusal: Its content hash is not the expected one.
    """
    found = content_hash(path)
    if found != expected:
        raise Refusal(f"{path} is not the model that was recorded ({found[:12]}, not {expected[:12]}): train it anew.")
