"""The shards of CI: every file of tests is in one of them, and they take about as long as each other."""

from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from support import shard_selection
from support.rendered_project import ROOT


def config(**options: Any) -> Any:
    """What a plugin is told of the command line."""
    said: list[list[Any]] = []
    return SimpleNamespace(
        getoption=lambda name: options.get(name.removeprefix("--")),
        hook=SimpleNamespace(pytest_deselected=lambda items: said.append(items)),
        deselected=said,
    )


def items(*files: str) -> list[Any]:
    """A test in each of some files."""
    return [SimpleNamespace(nodeid=f"{file}::test_it") for file in files]


@pytest.fixture
def shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two shards of three files, of which the repository has the first."""
    text = yaml.safe_dump({"shards": 2, "seconds": {"tests/conftest.py": 30, "tests/b.py": 20, "tests/c.py": 20}})
    (tmp_path / "shards.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(shard_selection, "SHARDS", tmp_path / "shards.yaml")
    return tmp_path / "shards.yaml"


def test_every_file_of_tests_is_in_a_shard() -> None:
    there = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("test_*.py")}
    assert set(shard_selection.measured_seconds()) == there, f"add or remove them in {shard_selection.SHARDS.name}"


def test_the_shards_take_about_as_long_as_each_other() -> None:
    seconds, number = shard_selection.measured_seconds(), shard_selection.number_of_shards()
    loads = Counter[int]()
    for file, shard in shard_selection.dealt(seconds, number).items():
        loads[shard] += seconds[file]  # type: ignore[assignment]
    assert set(loads) == set(range(1, number + 1))
    assert max(loads.values()) <= max(1.1 * sum(seconds.values()) / number, *seconds.values())


def test_a_shard_runs_its_files_only(shards: Path) -> None:
    kept = {}
    for shard in (1, 2):
        chosen, told = items("tests/conftest.py", "tests/b.py", "tests/c.py"), config(shard=shard)
        shard_selection.pytest_collection_modifyitems(told, chosen)
        kept[shard] = [item.nodeid for item in chosen]
        assert len(told.deselected[0]) == 3 - len(chosen)
    assert kept == {1: ["tests/conftest.py::test_it"], 2: ["tests/b.py::test_it", "tests/c.py::test_it"]}
    everything = items("tests/new.py")
    shard_selection.pytest_collection_modifyitems(config(), everything)
    assert everything, "without the option nothing is left out"


def test_a_file_in_no_shard_stops_the_session(shards: Path) -> None:
    with pytest.raises(pytest.UsageError, match=r"in no shard of shards\.yaml: tests/new\.py; add the seconds"):
        shard_selection.pytest_collection_modifyitems(config(shard=1), items("tests/b.py", "tests/new.py"))


@pytest.mark.parametrize("shard", [0, 3])
def test_a_shard_that_is_not_there_is_refused(shard: int, shards: Path) -> None:
    with pytest.raises(pytest.UsageError, match=rf"--shard {shard}: shards\.yaml has the shards 1 to 2"):
        shard_selection.pytest_configure(config(shard=shard))


def test_a_measurement_is_written(shards: Path) -> None:
    stopwatch = shard_selection.Stopwatch()
    for name, seconds in (("tests/conftest.py::a", 1.2), ("tests/conftest.py::b[x]", 3.1), ("tests/new.py::c", 0.1)):
        stopwatch.pytest_runtest_logreport(SimpleNamespace(nodeid=name, duration=seconds))  # type: ignore[arg-type]
    stopwatch.pytest_sessionfinish()
    assert shard_selection.measured_seconds() == {"tests/conftest.py": 4, "tests/new.py": 1}
    assert shard_selection.number_of_shards() == 2
    assert shards.read_text(encoding="utf-8").startswith("# Machines that")
