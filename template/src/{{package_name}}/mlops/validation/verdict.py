"""Writes the verdict on the data: what failed, which stops the pipeline, and single bad values, which are counted."""

import logging
from pathlib import Path
from typing import Any

import pandas as pd
from tabulate import tabulate

from ..contract import notes
from ..contract.columns import Contract
from ..contract.tolerance import SHOWN, Odd
from ..core import untrusted_text
from ..core.atomic import write
from ..core.errors import GateRefused
from ..core.params import Csv
from . import checkpoint

NULLS = "expect_column_values_to_not_be_null"
log = logging.getLogger(__name__)


def tolerated(frame: pd.DataFrame, result: Any, contract: Contract, odd: Odd, rows: int) -> list[dict[str, Any]]:
    """Lists what is tolerated, as `checkpoint.failures` lists what failed.

    Args:
        frame: The rows.
        result: As `checkpoint.check` returns it.
        contract: The columns; what it says may be missing is not bad.
        odd: Values that could not be read, and count as missing.
        rows: How many were checked.
    """
    found = [
        {
            "column": name,
            "expectation": checkpoint.TYPES.removeprefix("expect_"),
            "percent": round(100 * each.rows / rows, 3),
            "examples": list(each.texts[:SHOWN]),
            "row": each.row,
        }
        for name, each in odd.items()
    ]
    allowed = {column.name: 100 * column.missing for column in contract.columns}
    for entry in result.results:
        kind, name = entry.expectation_config.type, entry.expectation_config.kwargs.get("column")
        if not entry.success or not entry.result.get("unexpected_count"):
            continue
        told = kind == NULLS and name in odd and entry.result["unexpected_count"] == odd[name].rows
        if not told and (kind != NULLS or entry.result["unexpected_percent"] > allowed.get(name, 0)):
            found.append(checkpoint.described(frame, entry, Csv()))
    return sorted(found, key=lambda row: (row["column"], row["expectation"]))


def _without_values(row: dict[str, Any]) -> str:
    """Says what failed without the examples, which may be personal data."""
    share = "" if row["percent"] is None else f" in {row['percent']:g} % of the rows"
    return f"{untrusted_text.visible(row['column'], untrusted_text.NAME)} {row['expectation']}{share}"


def table(listed: list[dict[str, Any]]) -> str:
    """Returns a table of what `failures` lists."""
    lines = [
        [
            untrusted_text.visible(row["column"], untrusted_text.NAME),
            row["expectation"],
            row["percent"],
            ", ".join(untrusted_text.visible(text, untrusted_text.VALUE) for text in row["examples"]),
            row["row"],
        ]
        for row in listed
    ]
    head = ["column", "expectation", "% of values", "examples", "first in row"]
    return tabulate(lines, head, tablefmt="github", missingval="", disable_numparse=[0, 3])


def judge(
    failed: list[dict[str, Any]],
    allowed: list[dict[str, Any]],
    rows: int,
    expectations: int,
    verdict: Path,
    results: str,
) -> None:
    """Writes the verdict.

    Args:
        failed: As `failures` lists it.
        allowed: As `tolerated` lists it, what is not held against the data.
        rows: How many were checked.
        expectations: How many were held against them.
        verdict: The file.
        results: Where all results are.

    Raises:
        GateRefused: Something failed.
    """
    told: dict[str, Any] = {"rows": rows, "expectations": expectations, "failures": failed, "tolerated": allowed}
    told[notes.KEY] = [f"validate.tolerate lets pass: {_without_values(row)}" for row in allowed]
    write(verdict, untrusted_text.as_json(told, indent=2) + "\n")
    if allowed:
        log.warning("bad values that validate.tolerate allows:\n\n%s\n", table(allowed))
    if failed:
        broken = f"the data break the contract in {len(failed)} of {expectations} expectations"
        remedy = "correct the data, or schema.py if the world has changed"
        raise GateRefused(
            f"{broken}; {remedy}; all results: {results}\n\n{table(failed)}\n",
            logged=f"{broken}: {'; '.join(map(_without_values, failed))}",
        )
    log.info("validated %s rows: all %d expectations met", f"{rows:,}", expectations)
