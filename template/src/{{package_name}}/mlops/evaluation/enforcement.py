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
        raise GateRefused(
            "\n".join(
                [f"the model fails {len(closed)} of {len(gates)} gates", *(f"{g.name}: {g.sentence}" for g in closed)]
            ),
            reasons(closed),
        )
