"""Nothing that a test starts outlives the session: a process that does is named with its test, ended, and fails it.

Every process of the session inherits a variable of its environment, which Linux shows in `/proc`, whoever its parent
is by then. Where there is no `/proc`, nothing is checked.
"""

import os
import secrets
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

VARIABLE = "TEMPLATE_TEST_SESSION"
GRACE = 15  # seconds; workers and what they stopped last may still be ending
SURVIVORS = pytest.StashKey[list[str]]()
OWN = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """Marks the environment, unless this session runs inside another one: then that one checks."""
    if VARIABLE not in os.environ:
        config.stash[OWN] = os.environ[VARIABLE] = secrets.token_hex(16)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Waits a moment, then ends what is left and fails."""
    mark = session.config.stash.get(OWN, None)
    if mark is None:
        return
    left = _left(mark)
    if left:
        session.config.stash[SURVIVORS] = list(left.values())
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    for process in left:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def _left(mark: str) -> dict[int, str]:
    """Waits until nothing is left, or for the grace. Seen twice: a process that execs has no environment meanwhile."""
    deadline = time.monotonic() + GRACE
    clear = 0
    while (left := marked(mark)) or clear < 1:
        if time.monotonic() > deadline:
            break
        clear = 0 if left else clear + 1
        time.sleep(0.1)
    return left


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Names them."""
    left = config.stash.get(SURVIVORS, [])
    if left:
        terminalreporter.section("processes that outlived the session", red=True, bold=True)
        for line in left:
            terminalreporter.write_line(line)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Takes the mark off the environment."""
    if config.stash.get(OWN, None):
        del os.environ[VARIABLE]


def marked(mark: str) -> dict[int, str]:
    """Returns the other processes with a mark: what each runs, and which test started it."""
    processes = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            variables = dict(
                entry.split("=", 1)
                for entry in (folder / "environ").read_text(encoding="utf-8", errors="replace").split("\0")
                if "=" in entry
            )
            command = (folder / "cmdline").read_text(encoding="utf-8", errors="replace").replace("\0", " ").strip()
        except OSError:
            continue  # it has ended, or is another user's
        if variables.get(VARIABLE) == mark and int(folder.name) != os.getpid():
            test = variables.get("PYTEST_CURRENT_TEST", "no test")
            processes[int(folder.name)] = f"{folder.name} ({command[:200]}), started in {test}"
    return processes
