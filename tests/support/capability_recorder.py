"""Records what the tests showed: `--capabilities FILE` writes the outcomes of tests marked with `capability` as JSON.

A test says `@pytest.mark.capability("DVC remote")` what it executes, or with `kind="static"` what it only reads.
`hooks/docs/capabilities.py` makes the table of `docs/reference/capabilities.md` of such files.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

PROPERTY = "capability"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option."""
    parser.addoption("--capabilities", type=Path, metavar="FILE", help="write the outcomes of marked tests, as JSON")


def pytest_configure(config: pytest.Config) -> None:
    """Begins with no outcomes."""
    config.pluginmanager.register(Recorder(config))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Lets the report of a test carry its marks, from the worker that runs it to the process that writes."""
    for item in items:
        for mark in item.iter_markers(PROPERTY):
            (name,), kind = mark.args, mark.kwargs.get("kind", "executed")
            if kind not in ("executed", "static") or set(mark.kwargs) - {"kind"}:
                raise pytest.UsageError(f"{item.nodeid}: a capability is of kind executed or static: {mark.kwargs}")
            if item.get_closest_marker("optional"):
                raise pytest.UsageError(f"{item.nodeid}: a test that may be left out shows no capability")
            item.user_properties.append((PROPERTY, [name, kind]))


class Recorder:
    """Keeps the outcomes in the process that writes them."""

    def __init__(self, config: pytest.Config) -> None:
        """Begins with none."""
        self.config = config
        self.found: dict[str, dict[str, Any]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keeps a test's call, or what kept it from being called or ended it badly."""
        shows = [list(value) for name, value in report.user_properties if name == PROPERTY]
        if shows and (report.when == "call" or not report.passed):
            name = re.sub(r"@[\w-]+$", "", report.nodeid)  # without the group that xdist puts behind it
            self.found[name] = {"outcome": report.outcome, "shows": shows}

    def pytest_sessionfinish(self) -> None:
        """Writes them, unless this process only runs tests for another one."""
        path = self.config.getoption("--capabilities")
        if path is not None and not hasattr(self.config, "workerinput"):
            path.write_text(json.dumps(self.found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
