"""Checks rows against the contract with Great Expectations."""

from typing import Any

import great_expectations as gx
import pandas as pd
import pyarrow as pa
from great_expectations.core import ExpectationSuite
from great_expectations.data_context.types.base import ProgressBarsConfig

from ..contract import casting
from ..contract.columns import Column, Kind
from ..core.params import Csv
from . import unique_names

PRESENCE = "expect_column_to_exist"
TYPES = "expect_column_values_to_be_in_type_list"
COLUMNS = "expect_table_columns_to_match_set"
ROWS = "expect_table_row_count_to_be_between"
KINDS: dict[str, Kind] = {"int64": "int", "bool": "bool", "float64": "float", "datetime64[us]": "time"}


def _context() -> Any:
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    for site in list(context.get_site_names()):
        context.delete_data_docs_site(site)
    return context


def check(frame: pd.DataFrame, expected: ExpectationSuite) -> Any:
    """Runs a suite over a frame.

    Returns:
        The result of Great Expectations, one entry an expectation.
    """
    names = unique_names.ambiguous(list(frame.columns), expected)
    expected, frame = unique_names.renamed(expected, names), frame.rename(columns=names)
    context = _context()
    asset = context.data_sources.add_pandas("dataset").add_dataframe_asset("rows")
    batch = asset.add_batch_definition_whole_dataframe("all")
    context.suites.add(expected)
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(name="contract", data=batch, suite=expected)
    )
    checkpoint = gx.Checkpoint(
        name="contract", validation_definitions=[definition], result_format={"result_format": "SUMMARY"}
    )
    result = next(iter(checkpoint.run(batch_parameters={"dataframe": frame}).run_results.values()))
    unique_names.restore(result, names)
    return result


def unreadable(values: pd.Series, types: list[str], csv: Csv) -> pd.Series:
    """Returns the values that kept a column of numbers, times or booleans from being one."""
    values = values.dropna()
    column = Column("", KINDS[types[0]])
    raw = pa.chunked_array([pa.array(values)])
    return values[values.isin(casting.unreadable(raw, column, csv.decimal, csv.time_format).to_pylist())]


def described(frame: pd.DataFrame, entry: Any, csv: Csv) -> dict[str, Any]:
    """Returns what broke an expectation: percentage of values, up to three examples, the row of the first."""
    kind, result = entry.expectation_config.type, entry.result
    name = entry.expectation_config.kwargs.get("column", "(table)")
    percent, examples = result.get("unexpected_percent"), result.get("partial_unexpected_list", [])
    places = result.get("partial_unexpected_index_list") or []
    if kind == TYPES:
        wrong = unreadable(frame[name], entry.expectation_config.kwargs["type_list"], csv)
        wrong = wrong if len(wrong) else frame[name].dropna()  # each of them can be read, but not all in one way
        percent, examples, places = 100 * len(wrong) / max(len(frame), 1), list(wrong[:100]), list(wrong.index[:1])
    elif kind == COLUMNS:
        examples = result["details"]["mismatched"].get("unexpected", [])
    elif kind == ROWS:
        examples = [result["observed_value"]]
    return {
        "column": name,
        "expectation": kind.removeprefix("expect_"),
        "percent": round(float(percent), 3) if percent is not None else None,
        "examples": list(dict.fromkeys(map(str, examples)))[:3],
        "row": int(places[0]) + 1 if places else None,
    }


def failures(frame: pd.DataFrame, result: Any, csv: Csv | None = None) -> list[dict[str, Any]]:
    """Lists what failed: column, expectation, percentage of values, up to three examples, the row of the first.

    What can't be computed because its column is absent or of another type is not listed beside that.

    Args:
        frame: The rows.
        result: As `check` returns it.
        csv: How values in text are written.
    """
    failed = [entry for entry in result.results if not entry.success]
    structural = [entry for entry in failed if entry.expectation_config.type in (PRESENCE, TYPES)]
    absent = {e.expectation_config.kwargs["column"] for e in failed if e.expectation_config.type == PRESENCE}
    broken = {entry.expectation_config.kwargs["column"] for entry in structural}
    told = []
    for entry in failed:
        kind, name = entry.expectation_config.type, entry.expectation_config.kwargs.get("column")
        if kind == COLUMNS and not entry.result["details"]["mismatched"].get("unexpected"):
            continue
        if kind == PRESENCE or (kind == TYPES and name not in absent) or name not in broken:
            told.append(described(frame, entry, csv or Csv()))
    return sorted(told, key=lambda row: (row["column"], row["expectation"]))
