"""Projects of old releases update with the guard that they have: never past a move, and from 0.6.0 on to this one."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import copier
import pytest
from release import archive
from support.guard_process import Inner
from support.release_repository import commit as release
from support.template_origin import ENVIRONMENT, Origin, commit, git

pytestmark = pytest.mark.e2e

VERSIONS = ("0.2.0", "0.5.0", "0.6.0")
HEAD = "9.0.0"
PACKAGE = "src/churn_model"


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Origin:
    """The template with three old releases and the working tree, which moves files."""
    folder = tmp_path_factory.mktemp("old") / "template"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    for version in VERSIONS:
        release(folder, archive.RELEASES / f"{version}{archive.SUFFIX}", version)
    release(folder, archive.ROOT, HEAD)
    return Origin(folder)


@pytest.fixture
def project(origin: Origin, tmp_path: Path) -> Callable[..., Inner]:
    """Makes projects of a version, with work in them that an update must not lose."""

    def make(version: str, *edited: str) -> Inner:
        made = Inner(tmp_path / "p", origin)
        copier.run_copy(str(origin.path), made.path, defaults=True, quiet=True, vcs_ref=version)
        git(made.path, "init", "--quiet", "--initial-branch=main")
        commit(made.path)
        appended = {name: made.read(name) + f"\n# ours {number}\n" for number, name in enumerate([*EDITED, *edited])}
        made.work(
            {**appended, f"{PACKAGE}/own.py": "from .params import Params\n\nOURS = Params\n", ".dvcignore": None}
        )
        return made

    return make


EDITED = [f"{PACKAGE}/{name}.py" for name in ("train", "registry", "schema", "expectations")]
MOVED = {f"{PACKAGE}/train.py": f"{PACKAGE}/stages/train.py"}  # registry.py was taken apart: the line is in no part
EDITED += ["params.yaml", "Makefile", "pyproject.toml", ".github/workflows/ci.yml"]


def make_update(project: Inner, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the guard that the project has, as its `make update` does."""
    command = [sys.executable, "tools/template/main.py", "update", *arguments]
    return subprocess.run(  # noqa: S603
        command, cwd=project.path, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )


def make(project: Inner, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs `make update` as a user types it."""
    command = ["make", "update", *arguments]
    return subprocess.run(  # noqa: S603
        command, cwd=project.path, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )


@pytest.mark.capability("update by the guard of an old release")
@pytest.mark.parametrize("version", VERSIONS[:2])
def test_an_old_guard_is_stopped_before_the_move_and_comes_by_0_6_0(
    version: str, project: Callable[..., Inner]
) -> None:
    """It would leave the edits in files that nothing imports; the sentence names the way, on which nothing is lost."""
    made = project(version)
    before = made.state()
    stopped = make_update(made)
    assert stopped.returncode == 1, stopped.stdout
    assert 'make update ARGS="--to 0.6.0", commit, then make update' in stopped.stderr
    assert made.state() == before
    done = make_update(made, "--to", "0.6.0")
    assert done.returncode in (0, 3), done.stderr
    assert "_commit: 0.6.0\n" in made.read(".copier-answers.yml")
    assert {name for number, name in enumerate(EDITED) if f"# ours {number}\n" not in made.read(name)} == set()
    commit(made.path)
    done = make(made)
    assert f"handed over to the guard of version {HEAD}" in done.stderr
    arrived(made)


def arrived(made: Inner) -> None:
    """Demands that all work is in a project of this release."""
    for number, name in enumerate(EDITED):
        assert f"# ours {number}\n" in made.read(MOVED.get(name, name)), name
    assert made.read(f"{PACKAGE}/own.py") == "from .mlops.core.params import Params\n\nOURS = Params\n"
    assert not (made.path / ".dvcignore").exists()
    assert not [name for name in MOVED if (made.path / name).exists()]
    assert f"_commit: {HEAD}\n" in made.read(".copier-answers.yml")


def test_a_project_of_0_6_0_comes_here_by_make_update(project: Callable[..., Inner]) -> None:
    """Its guard hands over to this one; the guard leaves the project, and what starts it comes."""
    made = project("0.6.0", "tools/template/planning.py")
    done = make(made, "ARGS=--json out.json")
    assert "handed over to the guard of version 9.0.0" in done.stderr
    assert (made.path / "out.json").is_file(), done.stderr
    verdicts = {path: fact["verdict"] for path, fact in json.loads(made.read("out.json"))["files"].items()}
    assert verdicts["tools/update.py"] == "added"
    assert verdicts["tools/template/main.py"] == "removed"
    assert verdicts["tools/template/planning.py"] == "yours"
    kept = [path.relative_to(made.path).as_posix() for path in (made.path / "tools").rglob("*") if path.is_file()]
    ours = [f"tools/{name}.py" for name in ("governed_paths", "merge_driver", "merge_rules", "update")]
    assert sorted(kept) == sorted([*ours, "tools/template/planning.py"])
    (made.path / "out.json").unlink()
    arrived(made)
    commit(made.path)
    again = make(made)
    assert again.stdout.endswith("nothing to do: 9.0.0\n"), again.stderr
