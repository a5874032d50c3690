"""Tells files apart by their first bytes, and refuses those that are no data."""

from pathlib import PurePosixPath
from typing import Literal

from ...core.errors import UsageError
from ...core.untrusted_text import address

Format = Literal["parquet", "jsonl", "excel", "gzip", "text"]


def detect(head: bytes, path: str) -> Format:
    """Returns the format of a file.

    Args:
        head: Its first bytes.
        path: Its name decides what its bytes leave open.

    Raises:
        UsageError: It stands for data that are elsewhere.
    """
    name = PurePosixPath(path.partition("?")[0])
    if head.startswith(b"version https://git-lfs.github.com/spec/"):
        raise UsageError(f"{address(path)} is a pointer of Git LFS, not the data: get them with `git lfs pull`.")
    if name.suffix == ".dvc":
        raise UsageError(
            f"{address(path)} says where DVC keeps the data: `uv run dvc pull {name.name}`, then give {name.stem}."
        )
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head.startswith(b"PK\x03\x04") and name.suffix.lower() in (".xlsx", ".xlsm"):
        return "excel"
    lines = head.lstrip(b"\xef\xbb\xbf \r\n")
    return "jsonl" if lines.startswith(b"{") and name.suffix.lower() in (".jsonl", ".ndjson", ".json") else "text"
