"""Finds a file that `infer` was given and reads what of it decides about the contract."""

import difflib
import logging
from pathlib import Path
from typing import Literal

import pyarrow as pa

from ..core.errors import UsageError
from ..core.params import Csv, Ingest
from ..core.untrusted_text import address, value
from ..data.source import open_source, unreadable
from ..data.storage import FILE_SCHEMES, head
from ..data.text_files.formats import detect
from . import dialect
from .text_files import footer

# Enough rows to know a column by, and few enough to hold in memory.
MAX_ROWS, MAX_BYTES = 1_000_000, 1 << 30
BadLines = Literal["refuse", "skip"]
log = logging.getLogger(__name__)


def nearest(name: str, known: list[str]) -> list[str]:
    """Returns up to three names that look alike, whatever their case."""
    lower = {other.lower().strip(): other for other in known}
    return [lower[match] for match in difflib.get_close_matches(name.lower().strip(), lower, 3, 0.6)]


def locate(file: str, project: Path) -> str:
    """Returns what `ingest.source` must say: a URL, or a path, relative to the project where it lies inside.

    A path outside is absolute: it stays right when the project is moved or cloned to another folder of the machine.

    Raises:
        UsageError: There is no such file or folder, or it is a database.
    """
    if "://" in file and not file.startswith("file://"):
        if file.partition("://")[0] not in FILE_SCHEMES:
            raise UsageError(
                f"{file.partition('://')[0]}://... is no file: export the rows to CSV or Parquet and infer from that."
            )
        return file
    path = Path(file.removeprefix("file://")).expanduser().resolve()
    if not path.exists():
        there = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
        if path.with_name(f"{path.name}.dvc").exists():
            raise UsageError(f"{address(file)} is not here yet: get it with `uv run dvc pull {address(file)}.dvc`.")
        hint = (
            f"did you mean {' or '.join(nearest(path.name, there))}?" if nearest(path.name, there) else "give its path."
        )
        raise UsageError(f"{address(file)} does not exist: {hint}")
    inside = path.is_relative_to(project.resolve())
    return (path.relative_to(project.resolve()) if inside else path).as_posix()


def _rows(url: str, csv: Csv) -> tuple[pa.Table, bool]:
    source, batches, rows, size = open_source(Ingest(source=url, watch=url, csv=csv)), [], 0, 0
    if len(source.names) < 2:
        raise UsageError(
            f"{address(url)} has one column only, {value(source.names[0])}: a model needs a target and something "
            "to predict it from; if its columns are separated by another sign, give --delimiter."
        )
    for batch in source.batches:
        batches.append(batch.slice(0, MAX_ROWS - rows))
        rows, size = rows + len(batches[-1]), size + batch.nbytes
        if rows >= MAX_ROWS or size >= MAX_BYTES:
            break
    if not rows:
        raise UsageError(f"{address(url)} has columns but no rows: give a file with data.")
    return pa.Table.from_batches(batches), rows >= MAX_ROWS or size >= MAX_BYTES


def _surroundings(url: str, csv: Csv) -> Csv:
    """Finds the footer, and says what around the table is left out."""
    if csv.skip_lines:
        log.info("lines left out above the header: %s (ingest.csv.skip_lines)", csv.skip_lines)
    if csv.comment:
        log.info("lines left out: those that begin with %s (ingest.csv.comment)", csv.comment)
    below = footer.of(url, csv)
    if below:
        log.info(
            "lines left out below the table: %s, the first is %s (ingest.csv.skip_footer)", len(below), value(below[0])
        )
    return csv.model_copy(update={"skip_footer": len(below)})


def read(url: str, delimiter: str | None, encoding: str | None, bad_lines: BadLines = "refuse") -> tuple[pa.Table, Csv]:
    """Reads the first rows of a file or folder.

    Args:
        url: As `locate` returns it.
        delimiter: Of a CSV file; None to find it out.
        encoding: Of a CSV file; None to find it out.
        bad_lines: As `ingest.csv.bad_lines`.

    Returns:
        Up to a million rows, those of a CSV file as text, and how that is written.

    Raises:
        UsageError: It is empty, no table, or has no rows or one column only.
    """
    start = head(url, dialect.HEAD_BYTES)
    text = detect(start, url) == "text"
    if start and text and not start.strip():
        raise UsageError(f"{address(url)} is blank: give a file with data.")
    csv = dialect.form(start, url, delimiter, encoding) if text and start else Csv()
    csv = csv.model_copy(update={"bad_lines": bad_lines})
    while True:
        try:
            csv = _surroundings(url, csv) if text and start else csv
            table, cut = _rows(url, csv)
            break
        except (pa.ArrowInvalid, UnicodeDecodeError) as error:
            following = dialect.NEXT_ENCODING.get(csv.encoding)
            if encoding or not following or not (isinstance(error, UnicodeDecodeError) or "UTF8" in str(error)):
                raise unreadable(url, csv, error) from None
            csv = csv.model_copy(update={"encoding": following})
    if text:
        written = {"\t": "tab", " ": "spaces"}.get(csv.delimiter, csv.delimiter)
        log.info("%s: text in %s, columns separated by %s", address(url), csv.encoding, written)
    if cut:
        log.info("only the first %s rows were looked at: the contract is made from them", f"{len(table):,}")
    for number, name in enumerate(table.column_names):
        if pa.types.is_dictionary(table.schema.field(name).type):
            table = table.set_column(number, name, table[name].cast(table[name].type.value_type))
    return table, csv
