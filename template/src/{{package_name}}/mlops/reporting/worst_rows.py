"""The held-out rows that a model is most wrong about, with the columns that it uses most."""

import csv
from typing import Any

import pyarrow.parquet as pq

from ...roles import Id
from ..contract.columns import Contract
from ..core.paths import PLOTS, TEST

MOST_FEATURES = 6  # that the rows are shown with


def _important(contract: Contract) -> list[str]:
    """Returns the columns that the model uses most, by the importance that was measured."""
    names = {column.name for column in contract.features}
    path = PLOTS / "importance.csv"
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines())) if path.exists() else []
    return [row["feature"] for row in rows if row["feature"] in names][:MOST_FEATURES]


def worst_rows(report: dict[str, Any], contract: Contract) -> list[dict[str, Any]]:
    """Returns the held-out rows that the model is most wrong about, with ids and most important features."""
    worst = report.get("worst") or []
    if not worst or not TEST.exists():
        return []
    shown = [column.name for column in contract.columns_with_role(Id)] + _important(contract)
    names = list(dict.fromkeys([*shown, contract.target.name]))
    rows = pq.read_table(TEST, columns=names).take([row["row"] for row in worst]).to_pylist()
    return [
        {
            "actual": row[contract.target.name],
            "predicted": said["predicted"],
            "values": {name: "" if row[name] is None else row[name] for name in shown},
        }
        for row, said in zip(rows, worst, strict=True)
    ]
