"""The template's own CI: what it installs on a machine that has nothing, and one of its shards executed by act."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.platforms.act_runner import Runner, said
from support.rendered_project import ROOT, Project, environment
from support.shard_selection import dealt, measured_seconds, number_of_shards

from docs import capabilities

TEST = "tests/render/test_tree.py", "test_zero_trust", "zero trust"  # a cheap one, and the capability that it shows
RECORD = '#!/bin/sh\necho "$(basename "$0") $*" >> "$STAND_IN_ARTIFACTS/installed"\n'
SUDO = '#!/bin/sh\nwhile [ "${1#-}" != "$1" ]; do shift; done\nexec "$@"\n'
# Has no ensurepip and no mirror; "installs" a Terraform that "downloads" its provider.
PYTHON = """case "$*" in
*ensurepip*|*provider_mirror*) exit 1;;
*terraform.py*)
  printf '#!/bin/sh\\nmkdir -p "${1#-chdir=}/.terraform/providers"\\n' > "$BIN/terraform"
  chmod +x "$BIN/terraform";;
esac
"""


def program(path: Path, text: str) -> None:
    """Writes a program."""
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path) -> dict[str, str]:
    """The environment of a machine that has a shell, basic commands, make and apt-get; what they do is only noted."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("bash", "basename", "cat", "chmod", "dirname", "env", "mkdir", "mktemp", "rm", "sh"):
        (folder / name).symlink_to(shutil.which(name) or name)
    for name in ("apt-get", "cp", "make"):
        program(folder / name, RECORD)
    program(folder / "python3", RECORD + PYTHON)
    program(folder / "sudo", SUDO)
    return {
        "PATH": str(folder),
        "BIN": str(folder),
        "STAND_IN_ARTIFACTS": str(tmp_path),
        "TMPDIR": str(tmp_path),
        "HOME": str(tmp_path),
    }


def test_everything_is_installed_where_nothing_is(machine: dict[str, str], tmp_path: Path) -> None:
    real = re.sub(r"/usr/(local|sbin|share)", rf"{tmp_path}/usr/\1", (ROOT / ".ci/install").read_text(encoding="utf-8"))
    (tmp_path / ".ci").mkdir()
    program(tmp_path / ".ci/install", real)
    done = subprocess.run([tmp_path / ".ci/install"], env=machine, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    installed = (tmp_path / "installed").read_text(encoding="utf-8")
    assert re.search(r"^make interpreters$", installed, re.M)
    packages = set(re.search(r"apt-get install -qq -y --no-install-recommends (.*)", installed)[1].split())  # type: ignore[index]
    elsewhere = {
        "gh",
        "kubectl",
        "nginx",
        "terraform",
    }  # of PyPI, or below; nginx is in nginx-light, promtool in prometheus
    assert packages >= needed() - elsewhere - {"promtool"}
    assert packages >= {"nginx-light", "nodejs", "python3-venv", "debian-archive-keyring"}
    assert re.search(rf"^python3 \.ci/kubectl\.py {tmp_path}/usr/local/bin$", installed, re.M)
    assert re.search(rf"^python3 \.ci/terraform\.py {tmp_path}/usr/local/bin$", installed, re.M)
    assert re.search(rf"^cp -r \S+/\.terraform/providers/\. {tmp_path}/usr/local/share/", installed, re.M)


def needed() -> set[str]:
    """Returns the programs without which a test is skipped."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    alone = set(re.findall(r'shutil\.which\("([\w-]+)"', text))
    lists = {name for line in re.findall(r"^TOOLS = \((.*)\)$", text, re.M) for name in re.findall(r'"([\w-]+)"', line)}
    return (alone | lists) - {"mount", "true", "uv"}  # of every Debian, and of `make`


@pytest.fixture
def checkout(tmp_path: Path) -> Project:
    """A copy of this working tree, committed."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")  # noqa: S603
    for name in names:
        if (ROOT / name).is_file():
            (tmp_path / "template" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tmp_path / "template" / name)
    own = {"UV_PROJECT_ENVIRONMENT": sys.prefix, "PYTEST_ADDOPTS": f"-k {TEST[1]}", "WORKERS": "0"}
    project = Project(tmp_path / "template", environment(tmp_path, "template") | own)
    project.run("git", "init", "--quiet", "--initial-branch=main")
    project.commit("first")
    return project


@pytest.mark.e2e
@pytest.mark.capability("CI workflow")
def test_a_shard_runs_and_its_results_are_merged(checkout: Project, tmp_path: Path) -> None:
    """Of the shard only one test, so that it is cheap; the other shards' results are made up of the committed page."""
    runner = Runner(checkout, tmp_path / "runner")
    for name, text in {"apt-get": RECORD, "sudo": SUDO, "kubectl": RECORD, "terraform": RECORD}.items():
        if name in ("apt-get", "sudo") or not shutil.which(name):
            program(runner.home / "bin" / name, text)
    others = runner.left / "capabilities-others/capabilities.json"
    others.parent.mkdir()
    others.write_text(json.dumps(results_of_the_page(without=TEST[2])), encoding="utf-8")
    shard = dealt(measured_seconds(), number_of_shards())[TEST[0]]
    done = runner.act("push", "capabilities", matrix={"shard": str(shard)})
    text = said(done)
    assert done.returncode == 0, text[-4000:]
    assert re.search(r"\[100 %\] render: 1 of 1 passed", text)
    assert re.search(r"1 passed, \d+ deselected", text)
    mine = json.loads((runner.left / f"capabilities-{shard}/capabilities.json").read_text(encoding="utf-8"))
    assert mine == {f"{TEST[0]}::{TEST[1]}": {"outcome": "passed", "shows": [[TEST[2], "static"]]}}


def results_of_the_page(without: str) -> dict[str, object]:
    """Returns results of tests that would make the committed page, but for one capability."""
    page = capabilities.PAGE.read_text(encoding="utf-8").partition(capabilities.BEGIN)[2]
    lines = page.partition(capabilities.END)[0].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {
        f"tests/test_others.py::{name}-{kind}-{number}": {"outcome": "passed", "shows": [[name, kind]]}
        for name, *counts, _ in rows
        for kind, count in zip(capabilities.KINDS, counts, strict=True)
        for number in range(int(count.split()[0]) if count else 0)
        if name != without
    }
