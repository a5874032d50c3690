"""Files and folders wherever they lie: found, told apart, and read in batches."""

import gzip
import os
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import pyarrow as pa

from ..core.errors import Refusal, UsageError
from ..core.untrusted_text import address, reason

BATCH_ROWS = 131_072
FILE_SCHEMES = ("file", "s3", "http", "https", "gs", "gcs", "abfs", "az")


def files(url: str) -> tuple[Any, list[str]]:
    """Resolves a file or folder to its filesystem and the sorted paths of its CSV or Parquet files."""
    import fsspec

    try:
        filesystem, path = fsspec.core.url_to_fs(url)
        if not filesystem.isdir(path):
            filesystem.info(path)
            return filesystem, [path]
        inside = sorted(filesystem.find(path))
        found = [file for file in inside if PurePosixPath(file).suffix in (".csv", ".parquet")]
        found = found or [file for file in inside if file.endswith((".csv.gz", ".jsonl"))]
    except FileNotFoundError:
        raise UsageError(f"{address(url)} does not exist: correct ingest.source in params.yaml.") from None
    except Exception as error:  # each kind of store has errors of its own
        raise Refusal(
            f"{address(url)} can't be reached ({reason(error, url)}): check address, network and credentials."
        ) from None
    if len({PurePosixPath(file).suffix for file in found}) != 1:
        raise UsageError(
            f"{address(url)} is a folder with {len(found)} CSV or Parquet files; it must hold files of one of both."
        )
    return filesystem, found


def parquet_files(url: str) -> tuple[Any, list[str]]:
    """Resolves the address of a bucket to its filesystem and the sorted paths of its Parquet files.

    Raises:
        Refusal: It can't be read.
    """
    import fsspec

    try:
        filesystem, path = fsspec.core.url_to_fs(url)
        filesystem.invalidate_cache()
        return filesystem, sorted(file for file in filesystem.find(path) if file.endswith(".parquet"))
    except FileNotFoundError:
        return None, []
    except Exception as error:  # each kind of store has errors of its own
        raise Refusal(
            f"{address(url)} can't be reached ({reason(error, url)}): check address, network and credentials."
        ) from None


def fingerprint(url: str) -> list[list[str]]:
    """Returns path, size and version or time of each file, so that another input is known as such."""
    filesystem, paths = files(url)
    told = [filesystem.info(path) for path in paths]
    return [[info["name"], *(str(info.get(key, "")) for key in ("size", "mtime", "ETag"))] for info in told]


def head(url: str, size: int) -> bytes:
    """Returns the first bytes of a file, decompressed, or of the first file of a folder."""
    filesystem, paths = files(os.path.expandvars(url))
    with filesystem.open(paths[0], "rb") as stream:
        start = bytes(stream.read(size))
    try:
        return zlib.decompressobj(wbits=31).decompress(start, size) if start.startswith(b"\x1f\x8b") else start
    except zlib.error:
        raise UsageError(f"{address(url)} is damaged: get it again.") from None


def tails(url: str, size: int, most: int) -> Iterator[tuple[str, bytes]]:
    """Yields path and last bytes of a file, decompressed, or of the first files of a folder.

    Args:
        url: Of the file or folder.
        size: How many bytes; an even number, so that no character of UTF-16 is cut.
        most: How many files.
    """
    filesystem, paths = files(os.path.expandvars(url))
    for path in paths[:most]:
        with filesystem.open(path, "rb") as stream:
            packed = stream.read(2) == b"\x1f\x8b"
            stream.seek(0 if packed else max(0, (filesystem.info(path)["size"] or 0) - size))
            yield path, _end(gzip.GzipFile(fileobj=stream), path, size) if packed else bytes(stream.read(size))


def _end(stream: gzip.GzipFile, path: str, size: int) -> bytes:
    """Returns the last bytes of what is compressed, which must be read to its end."""
    end = b""
    try:
        while read := stream.read(BATCH_ROWS):
            end = (end + read)[-size:]
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise UsageError(f"{address(path)} is damaged or cut off: get it again.") from None
    return end


def is_parquet(filesystem: Any, path: str) -> bool:
    """Whether a file is Parquet, by its first bytes; all else is taken for CSV, and an empty file is refused."""
    with filesystem.open(path, "rb") as stream:
        head = stream.read(4)
    if not head:
        raise UsageError(f"{address(path)} is empty: put data into it, or correct ingest.source in params.yaml.")
    return bool(head == b"PAR1")


def arrow_filesystem(filesystem: Any) -> Any:
    """Returns the filesystem as Arrow reads it: a local one by itself, others through fsspec.

    Through fsspec Arrow's threads run Python. Where they are still reading ahead at the end of the interpreter, because
    somebody stopped in the middle, they hang or abort it.
    """
    from fsspec.implementations.local import LocalFileSystem
    from pyarrow import fs

    if isinstance(filesystem, LocalFileSystem):
        return fs.LocalFileSystem()
    return fs.PyFileSystem(fs.FSSpecHandler(filesystem))


def scan(opened: Any, **chosen: Any) -> Iterator[pa.RecordBatch]:
    """Reads a pyarrow dataset batch by batch, on this thread alone.

    Who stops in the middle, because a row is refused or enough is read, leaves the rest unread. Arrow's threads would
    still read ahead then, and where they meet the end of the interpreter, they abort the process.

    Args:
        opened: The dataset.
        chosen: `columns` and `filter`, as its `scanner` takes them.
    """
    ahead = {"use_threads": False, "batch_readahead": 0, "fragment_readahead": 0}
    return opened.to_batches(batch_size=BATCH_ROWS, **ahead, **chosen)
