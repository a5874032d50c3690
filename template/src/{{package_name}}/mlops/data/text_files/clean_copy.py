"""Makes clean copies of files that Arrow does not read as they are meant: in constant memory, until the process ends.

JSON lines and Excel are read whole.
"""

import atexit
import csv as csv_rows
import gzip
import io
import logging
import shutil
import tempfile
import zipfile
import zlib
from functools import cache
from pathlib import Path
from typing import Any

from ...core.errors import UsageError
from ...core.params import Csv
from ...core.untrusted_text import address, unquoted
from .layout import look, rows
from .lines import format_of, lines_from_header

log = logging.getLogger(__name__)
# What was copied, so that nothing is copied twice.
_COPIES: dict[tuple[str, ...], str] = {}


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="clean-copies-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _text(filesystem: Any, path: str, csv: Csv, to: Path) -> None:
    with lines_from_header(filesystem, path, csv) as lines:
        layout = look(lines, csv)
    skipped: list[int] = []
    with lines_from_header(filesystem, path, csv) as lines, to.open("w", encoding="utf-8", newline="") as out:
        writer = csv_rows.writer(out, lineterminator="\n")
        writer.writerow(layout.names)
        writer.writerows(rows(lines, csv, layout, path, skipped))
    if skipped:
        log.warning("%s: bad lines skipped: %s, the first is line %s", address(path), len(skipped), skipped[0])


def _jsonl(filesystem: Any, path: str, to: Path) -> None:
    import pyarrow.parquet as pq
    from pyarrow import json

    with filesystem.open(path, "rb") as stream:
        pq.write_table(json.read_json(io.BytesIO(stream.read())), to)


def _excel(filesystem: Any, path: str, csv: Csv, to: Path) -> None:
    import pandas as pd

    with filesystem.open(path, "rb") as stream:
        try:
            frame = pd.read_excel(
                stream,
                engine="openpyxl",
                dtype=str,
                keep_default_na=False,
                skiprows=csv.skip_lines,
                skipfooter=csv.skip_footer,
            )
        except ImportError:
            raise UsageError(
                f"{address(path)} is an Excel workbook: `uv add openpyxl` to read its first sheet, or save it as CSV."
            ) from None
        except (ValueError, LookupError, zipfile.BadZipFile) as error:
            raise UsageError(
                f"{address(path)} is no Excel workbook ({unquoted(error)}): save its table as CSV."
            ) from None
    frame.to_csv(to, index=False)


def needs_copy(filesystem: Any, path: str, csv: Csv) -> bool:
    """Whether Arrow would not read a file as it is meant."""
    form = format_of(filesystem, path)
    if form != "text":
        return form != "parquet"
    if csv.skip_lines or csv.comment or csv.skip_footer or csv.bad_lines == "skip" or csv.delimiter == " ":
        return True
    with lines_from_header(filesystem, path, csv) as lines:
        return not look(lines, csv).plain


def _copied(filesystem: Any, path: str, csv: Csv) -> str:
    info = filesystem.info(path)
    key = (str(path), *(str(info.get(name, "")) for name in ("size", "mtime", "ETag")), csv.model_dump_json())
    if key not in _COPIES:
        to = _folder() / f"{len(_COPIES)}.table"
        form = format_of(filesystem, path)
        if form == "jsonl":
            _jsonl(filesystem, path, to)
        elif form == "excel":
            _excel(filesystem, path, csv, to)
        else:
            try:
                _text(filesystem, path, csv, to)
            except (EOFError, gzip.BadGzipFile, zlib.error):
                raise UsageError(f"{address(path)} is damaged or cut off: get it again.") from None
        _COPIES[key] = to.as_posix()
    return _COPIES[key]


def readable(filesystem: Any, paths: list[str], csv: Csv) -> tuple[Any, list[str], Csv]:
    """Returns files that Arrow reads as they are meant, and how they are written: the same, or clean copies.

    Raises:
        Refusal: A line has more or fewer values than the header, or Excel can't be read here.
    """
    parquet = format_of(filesystem, paths[0]) == "parquet"
    if parquet or not any(needs_copy(filesystem, path, csv) for path in paths):
        return filesystem, paths, csv
    from fsspec.implementations.local import LocalFileSystem

    plain = Csv(decimal=csv.decimal, time_format=csv.time_format)
    return LocalFileSystem(), [_copied(filesystem, path, csv) for path in paths], plain
