"""The capability table knows exactly the marks of the tests, and is refused where a result is missing or bad."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from support.rendered_project import ROOT

from docs import capabilities

TEST = """
import pytest


@pytest.mark.capability("reading", kind="static")
def test_static():
    assert True


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.capability("running")
def test_executed(number):
    assert number < LIMIT


@pytest.mark.capability("running")
def test_skipped():
    pytest.skip("a tool is missing")
"""


def recorded(folder: Path, limit: int, *arguments: str, text: str = TEST) -> Path:
    """Runs marked tests, and returns where their outcomes are."""
    (folder / "tests").mkdir(exist_ok=True)
    (folder / "tests/test_it.py").write_text(text.replace("LIMIT", str(limit)), encoding="utf-8")
    (folder / "pytest.ini").write_text(
        f"[pytest]\npythonpath = {ROOT / 'tests'}\nmarkers = capability\n", encoding="utf-8"
    )
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        *("-p", "xdist.plugin", "-p", "support.capability_recorder"),
        "--capabilities",
        f"{limit}.json",
        *arguments,
    ]
    quick = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # what else is installed takes long to import
    done = subprocess.run(command, cwd=folder, env=quick, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return folder / f"{limit}.json"


def written(folder: Path, *arguments: str | Path, content: str = "old\n") -> subprocess.CompletedProcess[str]:
    """Runs the hook in a copy of the template that has nothing but what it needs and these tests."""
    for name in ("hooks/docs", "docs/reference"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "hooks/docs/capabilities.py", folder / "hooks/docs")
    (folder / "hooks/docs/not_verified.yaml").write_text("flying: no wings here\nrunning: on ice\n", encoding="utf-8")
    page = folder / "docs/reference/capabilities.md"
    page.write_text(f"# Title\n\n{capabilities.BEGIN}{content}{capabilities.END}\nprose\n", encoding="utf-8")
    command = [sys.executable, folder / "hooks/docs/capabilities.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603


def test_the_page_knows_exactly_the_marks_of_the_tests() -> None:
    shown, reasons = capabilities.rows(capabilities.PAGE.read_text(encoding="utf-8"))
    advice = "make test, then uv run python hooks/docs/capabilities.py capabilities.json"
    assert shown == capabilities.marked(), advice
    assert reasons == yaml.safe_load(capabilities.REASONS.read_text(encoding="utf-8")), advice


@pytest.mark.capability("this table")
def test_a_table_is_made_of_results(tmp_path: Path) -> None:
    results = recorded(tmp_path, 3, "-n", "1")
    done = written(tmp_path, results)
    assert (done.returncode, done.stderr) == (0, "")
    page = (tmp_path / "docs/reference/capabilities.md").read_text(encoding="utf-8")
    rows = "| flying |  |  | no wings here |\n| reading |  | 1 test |  |\n| running | 2 tests |  | on ice |\n"
    assert page == f"# Title\n\n{capabilities.BEGIN}{capabilities.HEADER}{rows}{capabilities.END}\nprose\n"
    assert written(tmp_path, "--check", results, content=capabilities.HEADER + rows).returncode == 0
    few = rows.replace("2 tests", "1 test")
    stale = written(tmp_path, "--check", results, content=capabilities.HEADER + few)
    assert stale.returncode == 1
    assert "refused: the table is out of date: run make capabilities with these results" in stale.stderr
    assert "-| running | 1 test |  | on ice |\n+| running | 2 tests |  | on ice |" in stale.stderr
    assert few in (tmp_path / "docs/reference/capabilities.md").read_text(encoding="utf-8"), "it only looked"
    assert capabilities.rows(page)[0] == capabilities.marked(tmp_path / "tests")


def test_a_failure_is_refused_until_it_is_fixed(tmp_path: Path) -> None:
    bad = recorded(tmp_path, 2)
    done = written(tmp_path, bad)
    assert done.returncode == 1
    assert done.stderr == "refused: running (executed): 1 of its tests failed; fix them and run them again\n"
    assert written(tmp_path, bad, recorded(tmp_path, 3, "-k", "test_executed")).returncode == 0


def test_what_was_not_run_and_what_is_gone_are_refused(tmp_path: Path) -> None:
    done = written(tmp_path, recorded(tmp_path, 3, "-k", "test_skipped or test_static"))
    assert done.returncode == 1
    assert done.stderr == "refused: running (executed): no test of it passed; run all tests\n"
    nowhere = written(tmp_path, tmp_path / "none.json")
    assert (nowhere.returncode, nowhere.stderr.startswith("refused: no such file: ")) == (1, True)
    complete = recorded(tmp_path, 3)
    found = json.loads(complete.read_text(encoding="utf-8"))
    found["tests/test_it.py::test_gone"] = {"outcome": "passed", "shows": [["swimming", "executed"]]}
    complete.write_text(json.dumps(found), encoding="utf-8")
    assert "swimming (executed): no test is marked with it any more" in written(tmp_path, complete).stderr


def test_a_kind_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="a capability is of kind executed or static"):
        recorded(tmp_path, 3, text=TEST.replace('"static"', '"guessed"'))
