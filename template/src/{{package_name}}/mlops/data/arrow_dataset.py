"""Opens files as one dataset of pyarrow: Parquet as it is, every value of CSV as text, all else by clean copies."""

from collections.abc import Collection
from functools import reduce
from itertools import chain
from operator import and_
from typing import Any

import pyarrow as pa

from ..core.errors import Refusal
from ..core.params import Csv
from ..core.untrusted_text import address, value
from . import partitions
from .storage import arrow_filesystem, is_parquet
from .text_files.clean_copy import readable
from .text_files.layout import look
from .text_files.lines import lines_from_header


def _names(filesystem: Any, path: str, csv: Csv) -> list[str]:
    """Returns the columns of a CSV file; two of one name are refused.

    Arrow's reader of streams would go on reading on a thread of its own, which runs Python: where a refusal ends the
    process meanwhile, that thread aborts it.
    """
    with lines_from_header(filesystem, path, csv) as lines:
        names = look(lines, csv).names
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Refusal(f"{address(path)} has more than one column named {', '.join(map(value, twice))}: rename them.")
    return names


def _csv_format(names: list[str], csv: Csv) -> Any:
    """Returns how pyarrow must read a CSV file, every value as text."""
    from pyarrow import csv as arrow_csv
    from pyarrow import dataset

    convert = arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
    reading = arrow_csv.ReadOptions(encoding=csv.encoding)
    return dataset.CsvFileFormat(
        parse_options=arrow_csv.ParseOptions(delimiter=csv.delimiter, newlines_in_values=True),
        default_fragment_scan_options=dataset.CsvFragmentScanOptions(convert_options=convert, read_options=reading),
    )


def _one_value(found: dict[str, str | None], wanted: list[str]) -> Any:
    """Returns what is true of all rows of a file: the values of the columns in its path."""
    from pyarrow import dataset

    known = [(name, found.get(name)) for name in wanted]
    return reduce(and_, [dataset.field(name) == text for name, text in known if text is not None], dataset.scalar(True))


def open_files(
    filesystem: Any, paths: list[str], csv: Csv, root: str | None = None, known: Collection[str] | None = None
) -> Any:
    """Opens files of one kind as one dataset of pyarrow, every value of CSV as text.

    Args:
        filesystem: Where they are.
        paths: The files.
        csv: How CSV files are written.
        root: The folder below which names of folders are columns; None: they are none.
        known: Columns in the names of folders that are wanted; None: all.

    Raises:
        Refusal: One is empty, has two columns of one name, or can't be read as it is meant.
        pyarrow.ArrowException: One is no table.
    """
    from pyarrow import dataset

    parquet, places = is_parquet(filesystem, paths[0]), paths
    if not parquet:
        filesystem, paths, csv = readable(filesystem, paths, csv)
        parquet = is_parquet(filesystem, paths[0])
    arrow = arrow_filesystem(filesystem)
    # Of all files, for a column that only some have must be seen too.
    if parquet:
        kind = dataset.ParquetFileFormat()
        schemas = [kind.inspect(path, arrow) for path in paths]
    else:
        names = [_names(filesystem, path, csv) for path in paths]
        kind = _csv_format(list(dict.fromkeys(chain(*names))), csv)
        schemas = [pa.schema(dict.fromkeys(those, pa.string())) for those in names]
    schema = pa.unify_schemas(schemas, promote_options="permissive")
    named = pa.schema([]) if root is None else partitions.columns(places, root, schema.names, known)
    if root is None or not named.names:
        return dataset.dataset(paths, schema=schema, format=kind, filesystem=arrow)
    of_each = [_one_value(partitions.values(place, root), named.names) for place in places]
    schema = pa.schema([*schema, *named])
    return dataset.FileSystemDataset.from_paths(paths, schema, kind, arrow, of_each)
