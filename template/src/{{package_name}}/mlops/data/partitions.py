"""Columns that stand in the names of folders, as Hive and Spark write them: `year=2015/part-0.parquet`."""

import logging
from collections.abc import Collection
from typing import Any
from urllib.parse import unquote

import pyarrow as pa

from ..core.untrusted_text import value

log = logging.getLogger(__name__)
NONE = "__HIVE_DEFAULT_PARTITION__"


def root(url: str) -> str:
    """Returns the path of a file or folder, below which names of folders are columns."""
    import fsspec

    path: str = fsspec.core.url_to_fs(url)[1]
    return path.rstrip("/")


def values(path: str, root: str) -> dict[str, str | None]:
    """Returns the columns in the path of a file, as text, each with its one value."""
    folders = path.removeprefix(root).strip("/").split("/")[:-1]
    pairs = (folder.partition("=") for folder in folders if "=" in folder)
    return {unquote(name): None if text == NONE else unquote(text) for name, _, text in pairs}


def columns(paths: list[str], root: str, there: Collection[str], known: Collection[str] | None) -> pa.Schema:
    """Returns the columns in the paths of files that are to be read.

    Args:
        paths: The files.
        root: As `root` returns it.
        there: Columns that the files themselves have, which count.
        known: Columns that are wanted; None: all.
    """
    names = [name for name in dict.fromkeys(name for path in paths for name in values(path, root)) if name not in there]
    unknown = [] if known is None else [name for name in names if name not in known]
    if unknown:
        shown = ", ".join(map(value, unknown))
        log.info("not read, because schema.py does not have them: %s, of the names of folders", shown)
    return pa.schema([(name, pa.string()) for name in names if name not in unknown])


def added(table: pa.Table, found: dict[str, Any]) -> pa.Table:
    """Returns rows of one file with the columns of its path."""
    for name, text in found.items():
        if name not in table.column_names:
            table = table.append_column(name, pa.repeat(pa.scalar(text, pa.string()), len(table)))
    return table
