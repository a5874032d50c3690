"""Opens files as one dataset of pyarrow: Parquet as it is, every value of CSV as text."""

import csv as csv_rows
import io
from itertools import chain
from typing import Any

import pyarrow as pa

from ..core.errors import Refusal
from ..core.params import Csv
from ..core.untrusted_text import address, value
from .storage import arrow_filesystem, is_parquet


def _names(filesystem: Any, path: str, csv: Csv) -> list[str]:
    """Returns the columns of a CSV file; two of one name are refused.

    Arrow's reader of streams would go on reading on a thread of its own, which runs Python: where a refusal ends the
    process meanwhile, that thread aborts it.
    """
    with filesystem.open(path, "rb") as stream, io.TextIOWrapper(stream, csv.encoding, newline="") as text:
        rows = csv_rows.reader(text, delimiter=csv.delimiter)
        try:
            names = next((row for row in rows if row), [])
        except csv_rows.Error as error:
            raise pa.ArrowInvalid(str(error)) from None
    names = [name.removeprefix("\ufeff") if not at else name for at, name in enumerate(names)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Refusal(f"{address(path)} has more than one column named {', '.join(map(value, twice))}: rename them.")
    return names


def _csv_format(names: list[str], csv: Csv) -> Any:
    """Returns how pyarrow must read a CSV file, every value as text."""
    from pyarrow import csv as arrow_csv
    from pyarrow import dataset

    convert = arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
    return dataset.CsvFileFormat(
        parse_options=arrow_csv.ParseOptions(delimiter=csv.delimiter, newlines_in_values=True),
        default_fragment_scan_options=dataset.CsvFragmentScanOptions(
            convert_options=convert, read_options=arrow_csv.ReadOptions(encoding=csv.encoding)
        ),
    )


def open_files(filesystem: Any, paths: list[str], csv: Csv) -> Any:
    """Opens files of one kind as one dataset of pyarrow, every value of CSV as text.

    Raises:
        Refusal: One is empty, or has two columns of one name.
        pyarrow.ArrowException: One is no table.
    """
    from pyarrow import dataset

    arrow = arrow_filesystem(filesystem)
    # Of all files, for a column that only some have must be seen too.
    if is_parquet(filesystem, paths[0]):
        kind = dataset.ParquetFileFormat()
        schemas = [kind.inspect(path, arrow) for path in paths]
    else:
        names = [_names(filesystem, path, csv) for path in paths]
        kind = _csv_format(list(dict.fromkeys(chain(*names))), csv)
        schemas = [pa.schema(dict.fromkeys(those, pa.string())) for those in names]
    schema = pa.unify_schemas(schemas, promote_options="permissive")
    return dataset.dataset(paths, schema=schema, format=kind, filesystem=arrow)
