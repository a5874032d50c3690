"""`--shard N` runs one of the shards of `tests/data/shards.yaml`; `--measure` writes how long each file takes there.

The files are dealt out by their measured seconds, the longest first, each to the shard that has least by then: the
same on every machine and in every worker.
"""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SHARDS = ROOT / "tests/data/shards.yaml"
HEADER = """# Machines that share the tests in CI, and the seconds of each file: tests/support/shard_selection.py.
# Measured by: make test ARGS=--measure
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the options."""
    parser.addoption("--shard", type=int, metavar="N", help=f"run only the files of one shard of {SHARDS.name}")
    parser.addoption("--measure", action="store_true", help=f"write the seconds of each file into {SHARDS.name}")


def pytest_configure(config: pytest.Config) -> None:
    """Refuses a shard that is not there; measures in the process that reports."""
    shard = config.getoption("--shard")
    if shard is not None and not 1 <= shard <= number_of_shards():
        raise pytest.UsageError(f"--shard {shard}: {SHARDS.name} has the shards 1 to {number_of_shards()}")
    if config.getoption("--measure") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Stopwatch())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keeps the tests of the shard.

    Raises:
        pytest.UsageError: A file is in no shard, so its tests would run nowhere.
    """
    shard = config.getoption("--shard")
    if shard is None:
        return
    shards = dealt(measured_seconds(), number_of_shards())
    if lost := sorted({file_of(item.nodeid) for item in items} - set(shards)):
        raise pytest.UsageError(f"in no shard of {SHARDS.name}: {', '.join(lost)}; add the seconds that each takes")
    others = [item for item in items if shards[file_of(item.nodeid)] != shard]
    items[:] = [item for item in items if shards[file_of(item.nodeid)] == shard]
    config.hook.pytest_deselected(items=others)


def dealt(seconds: dict[str, float], number: int) -> dict[str, int]:
    """Returns the shard of each file, counted from 1."""
    loads = dict.fromkeys(range(1, number + 1), 0.0)
    shards = {}
    for file in sorted(seconds, key=lambda name: (-seconds[name], name)):
        shards[file] = min(loads, key=lambda shard: (loads[shard], shard))
        loads[shards[file]] += seconds[file]
    return shards


def measured_seconds() -> dict[str, float]:
    """Returns the seconds of each file."""
    return dict(_read()["seconds"])


def number_of_shards() -> int:
    """Returns how many shards there are."""
    return int(_read()["shards"])


def file_of(nodeid: str) -> str:
    """Returns the file of a test, from the root of the repository."""
    return nodeid.partition("::")[0]


def _read() -> dict[str, Any]:
    return dict(yaml.safe_load(SHARDS.read_text(encoding="utf-8")))


class Stopwatch:
    """Adds up the seconds of each file."""

    def __init__(self) -> None:
        """Begins with none."""
        self.seconds = Counter[str]()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Adds what a phase of a test took."""
        self.seconds[file_of(report.nodeid)] += report.duration

    def pytest_sessionfinish(self) -> None:
        """Writes the files that ran, keeps the others that are there."""
        known = {name: value for name, value in measured_seconds().items() if (ROOT / name).exists()}
        merged = known | {name: max(1, round(value)) for name, value in self.seconds.items()}
        content = {"shards": number_of_shards(), "seconds": dict(sorted(merged.items()))}
        SHARDS.write_text(HEADER + yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
