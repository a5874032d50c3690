"""The table of the model card that shows what a mitigation changed.

The stage `evaluate` measures the same pipeline fitted without weights, `unmitigated` of its report, where a model was
mitigated.
"""

from typing import Any

KEY = "unmitigated"


def _gaps(report: dict[str, Any]) -> list[tuple[str, str]]:
    """Returns partition and name of each gap that was measured of the model."""
    return [(by, name) for by, gaps in report["fairness"].items() for name in gaps if name != "groups"]


def rows(report: dict[str, Any], method: str) -> list[dict[str, Any]]:
    """Returns a row for each gap and each metric; none where the report has nothing to compare with.

    Args:
        report: `reports/evaluation.json`.
        method: The name of the mitigation.
    """
    if KEY not in report:
        return []
    before = report[KEY]
    found = [
        {
            "measure": f"{name} by {by}",
            "without mitigation": before["fairness"].get(by, {}).get(name, {}).get("gap", "not measured"),
            f"with {method}": report["fairness"][by][name]["gap"],
        }
        for by, name in _gaps(report)
    ]
    metrics = [
        {
            "measure": name,
            "without mitigation": before["metrics"].get(name, "not measured"),
            f"with {method}": row["value"],
        }
        for name, row in report["metrics"].items()
    ]
    return found + metrics


def unknown(report: dict[str, Any], value: Any) -> dict[str, Any]:
    """Returns `unmitigated` with one value in place of every number, to compare cards without fitting a model again.

    Args:
        report: An evaluation that lacks it.
        value: In place of the numbers.
    """
    fairness: dict[str, dict[str, Any]] = {}
    for by, name in _gaps(report):
        fairness.setdefault(by, {})[name] = {"gap": value}
    return {"fairness": fairness, "metrics": dict.fromkeys(report["metrics"], value)}
