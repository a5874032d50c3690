"""Hooks of every session: cheap tests run first, and with `NO_SKIPS` a skipped test is a failed one."""

import os
from collections.abc import Generator

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the cheap tests first, so that they fail first; then the groups, each of which one worker runs."""

    def place(item: pytest.Item) -> tuple[bool, bool]:
        return item.get_closest_marker("e2e") is not None, item.get_closest_marker("xdist_group") is None

    items.sort(key=place)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where `NO_SKIPS` is set, as in CI, a skipped test is a failed one: its tool or data must be there."""
    report = yield
    if report.skipped and os.environ.get("NO_SKIPS") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} may not be skipped here: {report.longrepr}"
    return report
