"""A session of the tests says what it does, what failed, what it left out, and what outlived it; it runs its shard."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from support import session_order
from support.last_sentence import last_sentence
from support.rendered_project import ROOT, Project
from support.surviving_processes import VARIABLE

PLUGINS = [f"support.{name}" for name in ("shard_selection", "session_order", "progress", "surviving_processes")]
LONG = "sleep 601"  # longer than a session takes on a busy machine
TESTS = {
    "tests/project/test_one.py": f"""
import subprocess
import pytest
from support.rendered_project import Project


def test_passes():
    pass


def test_leaves_a_process_behind():
    subprocess.Popen(["setsid", "sh", "-c", "{LONG} & {LONG}"], stdout=subprocess.DEVNULL)


def test_stops_what_it_starts():
    with subprocess.Popen(["sleep", "62"]) as process:
        process.kill()


def test_a_command_fails(tmp_path):
    (tmp_path / ".copier-answers.yml").write_text("maturity: starter\\n")
    Project(tmp_path, {{"PATH": "/usr/bin:/bin"}}).run("sh", "-c", "echo so far; echo 'refused: x is 3.' >&2; exit 3")
""",
    "tests/render/test_two.py": """
import pytest


@pytest.mark.optional
@pytest.mark.parametrize("number", [1, 2])
def test_needs_a_data_set(number):
    pytest.skip("the data set is not here")


def test_needs_a_tool():
    pytest.skip("no such tool")
""",
}
GROUPED = """
import os
import pytest

pytestmark = [pytest.mark.xdist_group("one")]


@pytest.mark.parametrize("number", range(6))
def test_runs_where_the_others_do(number, pytestconfig):
    with open(pytestconfig.rootpath / "workers", "a") as file:
        file.write(os.environ["PYTEST_XDIST_WORKER"] + " ")
"""


def session(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs small tests in a session of their own, with the plugins of this one."""
    for name, text in TESTS.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    paths = f"pythonpath = {ROOT / 'tests'} {ROOT / 'hooks'}"
    (folder / "pytest.ini").write_text(
        f"[pytest]\n{paths}\nmarkers =\n  optional\n  e2e\n  capability\n  xdist_group\n"
    )
    environment = {name: text for name, text in os.environ.items() if name not in (VARIABLE, "NO_SKIPS")}
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # what else is installed takes longer to import than these
    plugins = [word for name in ("xdist.plugin", *PLUGINS) for word in ("-p", name)]
    command = [sys.executable, "-m", "pytest", "--progress", *plugins, *arguments]
    return subprocess.run(  # noqa: S603
        command, cwd=folder, env=environment | variables, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """A session with two workers, where nothing may be left out."""
    return session(tmp_path_factory.mktemp("session"), "-n", "2", NO_SKIPS="1")


def test_each_group_has_its_line(run: subprocess.CompletedProcess[str]) -> None:
    assert re.search(r"^\[ *\d+ %\] project: 3 of 4 passed, 1 failed, \d+ s$", run.stdout, re.M), run.stdout
    assert re.search(r"^\[ *\d+ %\] render: 0 of 3 passed, 1 failed, 2 skipped, \d+ s$", run.stdout, re.M), run.stdout
    assert "[100 %]" in run.stdout
    assert re.search(r"^=+ 2 failed, 3 passed, 2 skipped in [\d.]+s( \(\d+:\d\d:\d\d\))? =+$", run.stdout, re.M), (
        run.stdout
    )
    assert not re.search(r"^[.sFE]+( +\[ *\d+%\])?$", run.stdout, re.M), "the dots are gone"


def test_a_failure_says_which_command_of_which_project(run: subprocess.CompletedProcess[str]) -> None:
    said = re.search(r"^FAILED tests/project/test_one.py::test_a_command_fails: (.*)$", run.stdout, re.M)
    assert said, run.stdout
    assert re.fullmatch(
        r"Failed: sh -c .* in the starter project \S+/test_a_command_fails0 exited with 3: refused: x is 3\.", said[1]
    )
    assert "rendered_project.py" not in run.stdout, "the traceback ends in the test"


def test_a_group_runs_on_one_worker(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_grouped.py").write_text(GROUPED, encoding="utf-8")
    done = session(tmp_path, "-n", "2", "--dist", "loadgroup", "-k", "runs_where")
    assert "6 passed" in done.stdout, done.stdout
    assert len(set((tmp_path / "workers").read_text(encoding="utf-8").split())) == 1


def test_what_is_left_out_is_listed(run: subprocess.CompletedProcess[str]) -> None:
    left = run.stdout.partition(" left out ")[2].splitlines()[1]
    assert left == "tests/render/test_two.py::test_needs_a_data_set (2 times): the data set is not here"
    assert re.search(
        r"^FAILED tests/render/test_two.py::test_needs_a_tool: .* may not be skipped here", run.stdout, re.M
    )


def test_what_outlives_the_session_is_named_ended_and_fails_it(
    run: subprocess.CompletedProcess[str], tmp_path: Path
) -> None:
    assert run.returncode == 1
    section = run.stdout.partition(" processes that outlived the session ")[2]
    survivors = re.findall(r"^(\d+) \((.*)\), started in (\S+) \(call\)$", section, re.M)
    assert len(survivors) == 3, run.stdout
    assert {test for *_, test in survivors} == {"tests/project/test_one.py::test_leaves_a_process_behind"}
    assert all(LONG in command for _, command, _ in survivors)
    assert not [number for number, *_ in survivors if _runs(int(number))]
    done = session(tmp_path, "-k", "passes or leaves")
    assert (done.returncode, "2 passed" in done.stdout) == (1, True), done.stdout
    assert session(tmp_path, "-k", "passes or stops").returncode == 0


def _runs(number: int) -> bool:
    deadline = time.monotonic() + 5
    stat = Path(f"/proc/{number}/stat")
    while time.monotonic() < deadline and stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z":
        time.sleep(0.05)
    return time.monotonic() >= deadline


def test_cheap_tests_come_first_then_groups_then_the_longest_files(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = {"cheap.py": 9.0, "short_group.py": 5.0, "long_group.py": 6.0, "short.py": 7.0, "long.py": 8.0}
    markers = {"short_group.py": ("e2e", "xdist_group"), "long_group.py": ("e2e", "xdist_group"), "cheap.py": ()}

    def item(file: str, test: str) -> SimpleNamespace:
        marked = markers.get(file, ("e2e",))
        return SimpleNamespace(nodeid=f"{file}::{test}", get_closest_marker=lambda name: name in marked or None)

    files = ("new.py", "short.py", "long.py", "short_group.py", "long_group.py", "cheap.py")
    items = [item(file, test) for file in files for test in ("b", "a")]
    monkeypatch.setattr(session_order, "measured_seconds", lambda: seconds)
    session_order.pytest_collection_modifyitems(items)
    order = ("cheap.py", "long_group.py", "short_group.py", "long.py", "short.py", "new.py")
    assert [item.nodeid for item in items] == [f"{file}::{test}" for file in order for test in ("b", "a")]


@pytest.mark.parametrize(
    ("out", "error", "sentence"),
    [
        ("", "refused: x is 3.\nmake: *** [Makefile:7: run] Error 1\n", "refused: x is 3."),
        (
            "",
            "\x1b[31mrefused: 5 rows\x1b[0m\nERROR: failed to reproduce 'validate': failed to run: x\n",
            "refused: 5 rows",
        ),
        (
            "FAILED tests/unit/test_a.py::test_b - assert 1 == 2\n===== 1 failed, 3 passed in 0.52s =====\n",
            "make: *** [Makefile:9: test] Error 1\n",
            "FAILED tests/unit/test_a.py::test_b - assert 1 == 2",
        ),
        ("only this\n\n", "", "only this"),
        ("", "make: *** No rule to make target 'x'.  Stop.\n", "make: *** No rule to make target 'x'.  Stop."),
        ("", "", "it printed nothing"),
    ],
)
def test_the_telling_sentence_is_taken(out: str, error: str, sentence: str) -> None:
    assert last_sentence(out, error) == sentence


def test_a_command_that_succeeds_or_may_fail_says_nothing(tmp_path: Path) -> None:
    project = Project(tmp_path, {"PATH": os.environ["PATH"]})
    assert project.run("sh", "-c", "exit 4", check=False).returncode == 4
    with pytest.raises(
        pytest.fail.Exception, match=rf"^sh -c exit 4 in {tmp_path} exited with 4: it printed nothing\n"
    ):
        project.run("sh", "-c", "exit 4")
