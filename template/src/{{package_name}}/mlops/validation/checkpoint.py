"""Checks rows against the contract with Great Expectations, and writes the verdict."""

import logging
from pathlib import Path
from typing import Any

import great_expectations as gx
import pandas as pd
from great_expectations.core import ExpectationSuite
from great_expectations.data_context.types.base import ProgressBarsConfig
from tabulate import tabulate

from ..core import untrusted_text
from ..core.atomic import write
from ..core.errors import GateRefused
from . import data_docs

PRESENCE = "expect_column_to_exist"
TYPES = "expect_column_values_to_be_in_type_list"
COLUMNS = "expect_table_columns_to_match_set"
ROWS = "expect_table_row_count_to_be_between"
log = logging.getLogger(__name__)


def _context() -> Any:
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    for site in list(context.get_site_names()):
        context.delete_data_docs_site(site)
    return context


def check(frame: pd.DataFrame, expected: ExpectationSuite, *, docs: bool = True) -> Any:
    """Runs a suite over a frame and builds the Data Docs, unless they are not wanted.

    Returns:
        The result of Great Expectations, one entry an expectation.
    """
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
    if docs:
        data_docs.save(expected, result)
    return result


def _unreadable(frame: pd.DataFrame, name: str) -> list[Any]:
    """Returns the values that kept a column of numbers, times or booleans from being one."""
    values = frame[name].dropna()
    return list(values[pd.to_numeric(values, errors="coerce").isna()]) or list(values)


def _failure(frame: pd.DataFrame, entry: Any) -> dict[str, Any]:
    kind, result = entry.expectation_config.type, entry.result
    name = entry.expectation_config.kwargs.get("column", "(table)")
    percent, examples = result.get("unexpected_percent"), result.get("partial_unexpected_list", [])
    if kind == TYPES:
        unreadable = _unreadable(frame, name)
        percent, examples = 100 * len(unreadable) / max(len(frame), 1), unreadable[:100]
    elif kind == COLUMNS:
        examples = result["details"]["mismatched"].get("unexpected", [])
    elif kind == ROWS:
        examples = [result["observed_value"]]
    return {
        "column": name,
        "expectation": kind.removeprefix("expect_"),
        "percent": round(float(percent), 3) if percent is not None else None,
        "examples": [str(example) for example in dict.fromkeys(examples)][:3],
    }


def failures(frame: pd.DataFrame, result: Any) -> list[dict[str, Any]]:
    """Lists what failed: column, expectation, percentage of rows, up to three examples.

    What can't be computed because its column is absent or of another type is not listed beside that.
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
            told.append(_failure(frame, entry))
    return sorted(told, key=lambda row: (row["column"], row["expectation"]))


def _without_values(row: dict[str, Any]) -> str:
    """Says what failed without the examples, which may be personal data."""
    share = "" if row["percent"] is None else f" in {row['percent']:g} % of the rows"
    return f"{untrusted_text.visible(row['column'], untrusted_text.NAME)} {row['expectation']}{share}"


def judge(failed: list[dict[str, Any]], rows: int, expectations: int, verdict: Path, results: str) -> None:
    """Writes the verdict.

    Args:
        failed: As `failures` lists it.
        rows: How many were checked.
        expectations: How many were held against them.
        verdict: The file.
        results: Where all results are.

    Raises:
        GateRefused: Something failed.
    """
    told = {"rows": rows, "expectations": expectations, "failures": failed}
    write(verdict, untrusted_text.as_json(told, indent=2) + "\n")
    if failed:
        shown = [
            ", ".join(untrusted_text.visible(text, untrusted_text.VALUE) for text in row["examples"]) for row in failed
        ]
        lines = [
            [untrusted_text.visible(row["column"], untrusted_text.NAME), row["expectation"], row["percent"], examples]
            for row, examples in zip(failed, shown, strict=True)
        ]
        table = tabulate(lines, ["column", "expectation", "% of rows", "examples"], tablefmt="github", missingval="")
        broken = f"the data break the contract in {len(failed)} of {expectations} expectations"
        raise GateRefused(
            f"{broken}; correct the data, or schema.py if the world has changed; all results: {results}\n\n{table}\n",
            logged=f"{broken}: {'; '.join(map(_without_values, failed))}",
        )
    log.info("validated %s rows: all %d expectations met", f"{rows:,}", expectations)
