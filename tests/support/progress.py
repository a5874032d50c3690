"""`--progress`: one line for each group of tests (a folder of `tests/`) and how far the session is, instead of dots.

    [ 34 %] project/serving: 120 of 350 passed, 12 min

A group's line comes when its last test has ended, and once in a while before; a failure says at once what it is. The
percentage is of the time that was measured for each file, so that it grows as steadily as the time does.
"""

import re
import time
from collections import Counter
from collections.abc import Collection, Generator
from typing import Any

import pytest
from support.shard_selection import measured_seconds

EVERY = 60  # seconds between two lines of groups that are not done
UNMEASURED = 1.0  # seconds of a file that was not measured yet


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option."""
    parser.addoption("--progress", action="store_true", help="a line for each group of tests instead of dots")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Begins to watch, in the process that reports."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if config.getoption("--progress") and reporter is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Progress(reporter))


def group(nodeid: str) -> str:
    """Returns the group of a test: its folder below `tests/`."""
    folder = _file(nodeid).rpartition("/")[0]
    return folder.removeprefix("tests").removeprefix("/") or "tests"


def _file(nodeid: str) -> str:
    return nodeid.partition("::")[0]


class Progress:
    """Counts the tests of each group, and says how far they are."""

    def __init__(self, reporter: Any) -> None:
        """Takes the place of the dots."""
        self.reporter = reporter
        reporter.showfspath = False
        self.start = self.said = time.monotonic()
        self.total, self.done, self.passed, self.failed = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
        self.weights: dict[str, float] = {}
        self.ended = 0.0

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Counts the tests of a session without workers."""
        self._expect([item.nodeid for item in session.items])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Counts the tests that the workers have; each has all of them."""
        self._expect(ids)

    def _expect(self, ids: Collection[str]) -> None:
        if ids and not self.total:
            self.total.update(map(group, ids))
            seconds, sizes = measured_seconds(), Counter(map(_file, ids))
            self.weights = {file: seconds.get(file, UNMEASURED) / size for file, size in sizes.items()}
            self.all = sum(self.weights[_file(name)] for name in ids)

    @pytest.hookimpl(wrapper=True)
    def pytest_report_teststatus(self) -> Generator[None, tuple[str, Any, Any], tuple[str, str, str]]:
        """Takes the letter from each outcome."""
        category, *_ = yield
        return category, "", ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Counts a test that has ended; says what failed."""
        mine = group(report.nodeid)
        if report.failed:
            self.failed[mine] += 1
            self.reporter.write_line(f"FAILED {_plain(report.nodeid)}: {first_line(report)}", red=True)
        elif report.when == "call" and report.passed:
            self.passed[mine] += 1
        if report.when == "teardown":
            self.done[mine] += 1
            self.ended += self.weights.get(_file(report.nodeid), 0)
            if self.done[mine] == self.total[mine] or time.monotonic() - self.said > EVERY:
                self._say(mine)

    def _say(self, mine: str) -> None:
        self.said = time.monotonic()
        seconds = self.said - self.start
        took = f"{seconds / 60:.0f} min" if seconds >= 60 else f"{seconds:.0f} s"
        percent = 100 * self.ended / self.all if self.all else 100
        others = {"failed": self.failed[mine], "skipped": self.done[mine] - self.passed[mine] - self.failed[mine]}
        more = "".join(f", {number} {what}" for what, number in others.items() if number > 0)
        line = f"[{percent:3.0f} %] {mine}: {self.passed[mine]} of {self.total[mine]} passed{more}, {took}"
        self.reporter.write_line(line)


def first_line(report: pytest.TestReport) -> str:
    """Returns the first line of what a failed test says."""
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash is not None else str(report.longrepr)
    return next((line for line in text.splitlines() if line.strip()), "no reason given")


def _plain(nodeid: str) -> str:
    return re.sub(r"@[\w-]+$", "", nodeid)  # without the group that xdist puts behind it
