"""What follows from the gates: rows of a report, reasons as codes, and the refusal of a model."""

from dataclasses import asdict
from typing import Any

from ..core.errors import GateRefused
from .gates import Gate


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
