"""Hooks of every session: what is cheap comes first, what is long before what is short; what is left out is listed.

A test marked `optional("what it needs")` may always be left out: it needs what a clone of the repository and a package
manager can't give. With `NO_SKIPS` every other skipped test is a failure.
"""

import os
import re
from collections import Counter
from collections.abc import Generator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from support.shard_selection import file_of, measured_seconds

GROUP = re.compile(r'(?m)^pytestmark = .*xdist_group\("([\w-]+)"\)')


@cache
def group_of(path: Path) -> str | None:
    """Returns the group that a file names in its `pytestmark`: its tests run on one worker, with its fixtures."""
    found = GROUP.search(path.read_text(encoding="utf-8"))
    return found[1] if found else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keeps groups together: xdist 3.8 writes them into the ids of tests, which pytest 9.2 does not let it."""
    from xdist.scheduler import LoadGroupScheduling

    class Grouped(LoadGroupScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(config.rootpath / nodeid.partition("::")[0]) or nodeid

    return Grouped(config, log) if config.getoption("dist") == "loadgroup" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the cheap tests first, so that they fail first; then the groups, each of which one worker runs.

    The files that take longest come before the others: what is short fills the workers at the end.
    """
    seconds = measured_seconds()

    def place(item: pytest.Item) -> tuple[bool, bool, float]:
        long = item.get_closest_marker("e2e") is not None
        return long, item.get_closest_marker("xdist_group") is None, -seconds.get(file_of(item.nodeid), 0) * long

    items.sort(key=place)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where `NO_SKIPS` is set, as in CI, a skipped test is a failed one, unless it is optional."""
    report = yield
    optional = item.get_closest_marker("optional") is not None
    if report.skipped and os.environ.get("NO_SKIPS") and not optional and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} may not be skipped here: {report.longrepr}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Lists what was left out, and why."""
    left = Counter[tuple[str, str]]()
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        left[re.sub(r"(\[.*\])?(@[\w-]+)?$", "", report.nodeid), reason.removeprefix("Skipped: ")] += 1
    if left:
        terminalreporter.section("left out")
        for (test, reason), number in sorted(left.items()):
            terminalreporter.write_line(f"{test}{f' ({number} times)' if number > 1 else ''}: {reason}")
