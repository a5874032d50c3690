"""Lets a project write all its reports from hostile names, categories and values; run by its Python.

The first argument is a JSON list of payloads. Leaves the pages that no command of the test writes in `hostile/`.
"""

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

PACKAGE = next(Path("src").glob("*/schema.py")).parent.name
checkpoint, columns, cost_page, drift, settings, suite = (
    import_module(f"{PACKAGE}.mlops.{name}")
    for name in (
        "validation.checkpoint",
        "contract.columns",
        "cost.cost_page",
        "monitoring.drift",
        "monitoring.settings",
        "validation.suite",
    )
)
PAYLOADS: list[str] = json.loads(sys.argv[1])
ROWS = 200


def data_docs() -> None:
    """Names, allowed categories, and categories that are not allowed."""
    described = [
        columns.Column(name, "category", ("a", payload)) for name, payload in zip(PAYLOADS, PAYLOADS, strict=True)
    ]
    expected = suite.build(columns.Contract(tuple(described)), 1, [])
    strange = [f"{payload}!" for payload in PAYLOADS]
    values = np.resize(["a", *PAYLOADS, *strange], ROWS)
    checkpoint.check(pd.DataFrame(dict.fromkeys([*PAYLOADS, *strange], values)), expected)


def drifted() -> None:
    """Names of features, numbers and categories alike, and categories of requests."""
    rng = np.random.default_rng(1)
    frames = []
    for shift in (0, 2):
        numbers: dict[str, Any] = {f"{name}-number": rng.normal(shift, size=ROWS) for name in PAYLOADS}
        values = np.resize([*PAYLOADS[shift:], "a"], ROWS)
        frames.append(pd.DataFrame(numbers | dict.fromkeys(PAYLOADS, values)).assign(answer=rng.normal(size=ROWS)))
    chosen = settings.Monitor()
    measured = drift.measure(*frames, chosen)
    answer = {"answer": measured.pop("answer")}
    drift.write(*frames, measured, answer, chosen, Path("hostile"))


def cost() -> None:
    """Names of stages, currency and sources of prices."""
    used = dict.fromkeys(("wall_seconds", "cpu_seconds", "peak_bytes", "read_bytes", "written_bytes", "cost"), 1)
    stages = dict.fromkeys(PAYLOADS, used | {"ran": True, "finished": True})
    prices = {name: {"price": 1, "source": name} for name in PAYLOADS} | {"date": PAYLOADS[0]}
    found = {"currency": PAYLOADS[0], "prices": prices, "stages": stages, "month": dict.fromkeys(PAYLOADS, 1)}
    found |= dict.fromkeys(("run", "former", "making", "budget", "thousand_predictions", "stored_bytes"), 1)
    Path("hostile/cost.html").write_text(cost_page.render(found), encoding="utf-8")


Path("hostile").mkdir()
data_docs()
drifted()
cost()
