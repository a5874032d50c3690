"""What follows from the gates: rows of a report, reasons as codes, the refusal of a model, and what they leave open."""

from dataclasses import asdict
from typing import Any

from ..contract import notes
from ..core.errors import GateRefused
from ..core.gate_params import Fairness
from .gates import Gate
from .parity import four_fifths

MOST_NAMED = 5


def as_rows(gates: list[Gate]) -> list[dict[str, Any]]:
    """Returns the gates for a JSON report."""
    return [asdict(gate) for gate in gates]


def reasons(closed: list[Gate]) -> dict[str, str]:
    """Returns why each of the gates is closed, as a code."""
    return {gate.name: "limit" if gate.measured else "not_measured" for gate in closed}


def enforce(gates: list[Gate]) -> None:
    """Refuses a model that does not pass.

    Raises:
        GateRefused: At least one gate is closed, or there is none.
    """
    if not gates:
        raise GateRefused("no gate judged the model: run `make run`.", {"evaluation": "not_measured"})
    closed = [gate for gate in gates if not gate.passed]
    if closed:
        failed = f"the model fails {len(closed)} of {len(gates)} gates"
        # What follows a colon is a remedy, or words of a library, which may quote the data.
        measures = [f"{gate.name}: {gate.sentence.partition(':')[0]}" for gate in closed]
        raise GateRefused(
            "\n".join([failed, *(f"{gate.name}: {gate.sentence}" for gate in closed)]),
            reasons(closed),
            f"{failed}: {'; '.join(measures)}",
        )


def left_open(by: str, gaps: dict[str, Any], allowed: Fairness) -> list[str]:
    """Says what the gates of fairness leave open, of one partition of the rows.

    These are groups of too few rows, or too few positives or negatives, to be compared, and gaps that are wider than
    allowed, but may be so by chance.
    """
    small = [row for row in gaps["groups"] if row["rows"] < allowed.min_group]
    large = [row for row in gaps["groups"] if row not in small and "positives" in row]
    rarer = [(row["group"], min(row["positives"], row["rows"] - row["positives"])) for row in large]
    few = [f"{group} ({rows})" for group, rows in rarer if rows < allowed.min_positives]
    said = []
    if small:
        names = notes.some([f"{row['group']} ({row['rows']})" for row in small], MOST_NAMED)
        said.append(f"fairness by {by}: groups of fewer than {allowed.min_group} rows are not compared: {names}")
    if few:
        counted = f"fewer than {allowed.min_positives} positives or negatives"
        said.append(f"fairness by {by}: error rates of {counted} are not compared: {notes.some(few, MOST_NAMED)}")
    for name, gap in gaps.items():
        limit = getattr(allowed, name, None)
        if limit is None:
            continue
        least = name == four_fifths.NAME
        if four_fifths.may_be_broken(gap, limit) if least else gap["low"] <= limit < gap["gap"]:
            said.append(
                f"fairness by {by}: {name} is {gap['gap']:.3f}, {limit} is {'asked for' if least else 'allowed'}; not "
                f"refused, as these rows can't tell it from {gap['high' if least else 'low']:.3f}"
            )
    return said
