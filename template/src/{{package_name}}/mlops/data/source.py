"""Opens `ingest.source`, whatever it is, as a stream of Arrow batches: no source has to fit into memory."""

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import pyarrow as pa

from ..core.errors import Refusal, UsageError
from ..core.params import Csv, Ingest
from ..core.untrusted_text import address, reason, unquoted
from . import partitions, synthetic
from .arrow_dataset import open_files
from .storage import BATCH_ROWS, FILE_SCHEMES, files, scan
from .text_files.lines import bad_line


@dataclass(frozen=True)
class Source:
    """An opened source: the names of its columns, and its rows in batches, every value of a CSV file as text."""

    names: list[str]
    batches: Iterator[pa.RecordBatch]


def open_dataset(url: str, csv: Csv, known: Collection[str] | None = None) -> Any:
    """Opens a file, or all files of a folder, as one dataset of pyarrow.

    Args:
        url: The file or folder.
        csv: How CSV files are written.
        known: Columns in the names of folders that are wanted; None: all.

    Raises:
        Refusal: It does not exist, is empty or is no table.
    """
    filesystem, paths = files(url)
    try:
        return open_files(filesystem, paths, csv, partitions.root(url), known)
    except (pa.ArrowException, UnicodeDecodeError, LookupError) as error:
        raise unreadable(url, csv, error) from None


def _open_files(url: str, csv: Csv, known: Collection[str] | None) -> Source:
    opened = open_dataset(url, csv, known)
    return Source(opened.schema.names, scan(opened))


def unreadable(url: str, csv: Csv, error: Exception) -> Refusal:
    """Says in one sentence why a file can't be read as a table."""
    said, where = unquoted(error), address(url)
    if isinstance(error, UnicodeDecodeError | LookupError) or "utf8" in said.lower().replace("-", ""):
        return Refusal(f"{where} is not written in {csv.encoding}: set ingest.csv.encoding, such as cp1252.")
    if "columns, got" in said and (refusal := bad_line(*files(url), csv)):
        return refusal
    return Refusal(
        f"{where} is no table with delimiter {csv.delimiter!r}: correct ingest.source or ingest.csv ({said})."
    )


def _open_query(url: str, query: str | None) -> Source:
    import pandas as pd
    import sqlalchemy as sa

    if not query:
        raise UsageError("ingest.source is a database but ingest.query is not set: write its SELECT into params.yaml.")
    try:
        engine = sa.create_engine(url)
    except (sa.exc.SQLAlchemyError, ImportError, ValueError) as error:
        raise UsageError(
            f"{address(url)} is no address of a database ({reason(error, url)}): write DIALECT+DRIVER, then user, "
            "password, host and name as SQLAlchemy has them, special characters of the password as %40 and the like."
        ) from None
    try:
        connection = engine.connect().execution_options(stream_results=True)
        frames = pd.read_sql_query(sa.text(query), connection, chunksize=BATCH_ROWS)
        first = next(frames)
    except sa.exc.SQLAlchemyError as error:
        raise Refusal(f"the database refused ingest.query: {reason(error, url)}") from None

    def batches() -> Iterator[pa.RecordBatch]:
        with connection:
            for frame in chain([first], frames):
                yield from pa.Table.from_pandas(frame, preserve_index=False).to_batches()

    return Source(list(first.columns), batches())


def open_source(ingest: Ingest, known: Collection[str] | None = None) -> Source:
    """Opens what `ingest.source` names.

    Args:
        ingest: Of `params.yaml`.
        known: As for `open_dataset`.

    Raises:
        UsageError: It does not exist, is empty, is no table, or the database refused the query.
    """
    url = os.path.expandvars(ingest.source)
    if url == "sample":
        made = ingest.sample
        return Source(synthetic.SCHEMA.names, synthetic.batches(made.rows, made.seed, made.drift))
    if "$" in url:
        raise UsageError(f"ingest.source names a variable that is not set: {address(ingest.source)}")
    scheme = url.partition("://")[0] if "://" in url else "file"
    if scheme not in FILE_SCHEMES:
        return _open_query(url, ingest.query)
    if ingest.watch != ingest.source:
        raise UsageError(
            f"ingest.source is {address(ingest.source)}, but ingest.watch is {address(ingest.watch)}: write the same "
            "into both in params.yaml, so that the pipeline notices when the file changes."
        )
    return _open_files(url, ingest.csv, known)
