"""The contract as a suite of Great Expectations: presence, type, missing values, range, categories, uniqueness.

Single values that are missing, out of range or of an unknown category are tolerated: `validate.tolerate` of the rows.
"""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from great_expectations import ExpectationSuite
from great_expectations import expectations as gxe
from great_expectations.expectations.expectation import Expectation

from ...roles import Id
from ..contract.columns import Column, Contract
from ..contract.tolerance import tolerated
from ..core.params import TOLERATED


def types(column: Column, missing: float) -> list[str]:
    """Returns the pandas types that a column may have once it was read from Parquet; for text, any.

    Args:
        column: The column.
        missing: The share of its values that may be missing.
    """
    if pa.types.is_integer(column.arrow):
        return ["int64", "float64"] if missing else ["int64"]
    if pa.types.is_boolean(column.arrow):
        return ["bool", "object"] if missing else ["bool"]
    return {"float": ["float64"], "time": ["datetime64[us]"]}.get(column.kind, [])


def of_column(column: Column, share: float = TOLERATED) -> Iterator[Expectation]:
    """Yields what one column must satisfy, but for a share of its values."""
    bad = tolerated(column, share)
    missing = max(column.missing, bad)
    yield gxe.ExpectColumnToExist(column=column.name)
    if types(column, missing):
        yield gxe.ExpectColumnValuesToBeInTypeList(column=column.name, type_list=types(column, missing))
    if missing < 1:
        yield gxe.ExpectColumnValuesToNotBeNull(column=column.name, mostly=1 - missing)
    if column.minimum is not None or column.maximum is not None:
        limits: dict[str, Any] = {"min_value": column.minimum, "max_value": column.maximum}
        yield gxe.ExpectColumnValuesToBeBetween(column=column.name, mostly=1 - share, **limits)
    if column.categories:
        yield gxe.ExpectColumnValuesToBeInSet(column=column.name, value_set=list(column.categories), mostly=1 - bad)
    if column.role(Id):
        yield gxe.ExpectColumnValuesToBeUnique(column=column.name)


def build(contract: Contract, min_rows: int, further: list[Expectation], share: float = TOLERATED) -> ExpectationSuite:
    """Returns the whole suite: what follows from the contract, then what else is expected.

    Args:
        contract: The columns.
        min_rows: The least number of rows.
        further: Expectations of the project, which have shares of their own.
        share: Of the rows that may break what the contract says of a column.
    """
    names = [column.name for column in contract.columns]
    table = [
        gxe.ExpectTableRowCountToBeBetween(min_value=min_rows),
        gxe.ExpectTableColumnsToMatchSet(column_set=names, exact_match=True),
    ]
    columns = [expectation for column in contract.columns for expectation in of_column(column, share)]
    return ExpectationSuite(name="contract", expectations=[*table, *columns, *further])
