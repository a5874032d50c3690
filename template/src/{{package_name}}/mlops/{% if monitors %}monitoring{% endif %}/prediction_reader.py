"""Reads the prediction log batch by batch, whatever wrote it: the service, batch scoring, or somebody else."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa
from pyarrow import dataset as ds

from ...roles import EventTime
from ..contract.casting import to_kind
from ..contract.columns import Column, Contract
from ..contract.log_schema import ADDED
from ..core.errors import UsageError
from ..core.untrusted_text import address, reason, unquoted, value, visible
from ..data.storage import arrow_filesystem, parquet_files, scan

OF_A_DAY = re.compile(r"/(\d{4}-\d\d-\d\d)/\d{6}\.\d{6}-[0-9a-f]+-\d+\.parquet$")  # as the service names its files


@dataclass(frozen=True)
class PredictionReader:
    """An opened prediction log: the rows since a time that the version that answered last answered.

    Attributes:
        names: The columns of the contract and of the log that it has.
        version: The version of the model; None where the log does not say.
        others: How many rows other versions answered; they are left out.
    """

    path: str
    names: tuple[str, ...]
    version: str | None
    others: int
    _dataset: ds.Dataset = field(repr=False)
    _filter: ds.Expression | None = field(repr=False)
    _columns: tuple[Column, ...] = field(repr=False)

    @property
    def checked(self) -> list[Column]:
        """The columns that are held against the contract: those that are there, and all features."""
        return [column for column in self._columns if column.name in self.names or column.is_feature]

    def batches(self) -> Iterator[pa.Table]:
        """Yields the rows in the types of the contract; a feature that is absent is missing everywhere.

        Raises:
            Refusal: A column can't be read as what the contract says it is.
        """
        for batch in scan(self._dataset, columns=list(self.names), filter=self._filter):
            if len(batch):
                yield self._typed(pa.Table.from_batches([batch]))

    def _typed(self, table: pa.Table) -> pa.Table:
        arrays: dict[str, Any] = {}
        for column in self.checked:
            if column.name in self.names:
                try:
                    arrays[column.name] = to_kind(table[column.name], column)
                except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
                    raise UsageError(
                        f"{address(self.path)}: column {visible(column.name)} can't be read as {column.kind} "
                        f"({unquoted(error)}): write it as the contract has it."
                    ) from None
            else:
                arrays[column.name] = pa.nulls(len(table), column.arrow)
        logged = {name: table[name].cast(kind) for name, kind in ADDED.items() if name in self.names}
        return pa.table(arrays | logged)


def _located(path: str, since: datetime | None) -> tuple[str | list[str], Any]:
    """Returns what Arrow shall open, and where: of a bucket, the files that may have rows since that time."""
    if "://" not in path:
        return path, None
    filesystem, found = parquet_files(path)
    day = f"{since:%Y-%m-%d}" if since else ""
    new = [file for file in found if not (named := OF_A_DAY.search(file)) or named[1] >= day]
    return new or found[-1:], arrow_filesystem(filesystem)


def _opened(path: str, since: datetime | None) -> ds.Dataset:
    try:
        located, filesystem = _located(path, since)
        found = ds.dataset(located, format="parquet", filesystem=filesystem) if located else None
        if not found or not found.files:
            raise FileNotFoundError
        schemas = [fragment.physical_schema for fragment in found.get_fragments()]
        schema = pa.unify_schemas(schemas, promote_options="permissive")
        return ds.dataset(located, format="parquet", filesystem=filesystem, schema=schema)
    except FileNotFoundError:
        raise UsageError(
            f"there are no predictions in {address(path)}: let the service or batch scoring write some, or "
            "name a file or folder of Parquet with --predictions or monitor.predictions."
        ) from None
    except (pa.ArrowException, OSError) as error:
        raise UsageError(
            f"{address(path)} can't be read as Parquet ({reason(error, path)}): correct --predictions."
        ) from None


def time_column(names: tuple[str, ...], contract: Contract) -> str | None:
    """Returns the column that says when a prediction was made: the log's, else the contract's, else None."""
    return next(
        (name for name in ("_time", *(c.name for c in contract.columns_with_role(EventTime))) if name in names), None
    )


def _versions(opened: ds.Dataset, kept: ds.Expression | None) -> list[tuple[str | None, int]]:
    """Returns the versions and their rows, the one that answered last first."""
    table = opened.to_table(columns=["_model_version", "_time"], filter=kept)
    found = table.group_by("_model_version").aggregate([("_time", "max"), ("_time", "count")])
    ordered = found.sort_by([("_time_max", "descending")])
    return list(zip(ordered["_model_version"].to_pylist(), ordered["_time_count"].to_pylist(), strict=True))


def open_log(path: str, contract: Contract, since: datetime | None) -> PredictionReader:
    """Opens a file or folder of predictions.

    Args:
        path: Parquet files in the schema of the prediction log, or with the contract's columns only.
        contract: The columns.
        since: Earlier rows are left out; UTC.

    Raises:
        UsageError: There is none, it is no Parquet, or has no column of the contract.
    """
    opened = _opened(path, since)
    columns = tuple(column for column in contract.columns if column != contract.target)
    names = tuple(name for name in [*(c.name for c in columns), *ADDED] if name in opened.schema.names)
    if not any(column.name in names for column in contract.features):
        only = ", ".join(map(value, opened.schema.names[:3]))
        raise UsageError(f"{address(path)} has no feature of the contract, only {only}: correct it.")
    kept, when = None, time_column(names, contract)
    if since:
        if when is None:
            raise UsageError(
                f"--since needs a time, but {address(path)} has neither _time nor the contract's event time."
            )
        kept = ds.field(when) >= pa.scalar(since, pa.timestamp("us"))
    version, others = None, 0
    if {"_model_version", "_time"} <= set(names):
        found = _versions(opened, kept)
        if found and found[0][0] is not None:
            version, others = found[0][0], sum(rows for _, rows in found[1:])
            latest = ds.field("_model_version") == version
            kept = latest if kept is None else kept & latest
    return PredictionReader(path, names, version, others, opened, kept, columns)
