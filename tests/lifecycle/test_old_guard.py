"""Projects of old releases update with the guard that they have: to this working tree, and never past a move."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import copier
import pytest
from release import archive
from support.guard_process import Inner
from support.release_repository import commit as release
from support.template_origin import ENVIRONMENT, Origin, commit, git, put

pytestmark = pytest.mark.e2e

VERSIONS = ("0.2.0", "0.5.0", "0.6.0")
HEAD, MOVES = "9.0.0", "10.0.0"
PACKAGE = "src/churn_model"
# As docs/how-to/release.md wants it in a release with moves: only the guards before 0.6.0 render from this folder.
STOP = """  validator: >-
    {% if (_copier_conf.src_path | string).endswith('new-template') -%}
    this release moves files, and your guard can't follow: make update ARGS="--to 9.0.0", commit, then make update.
    {%- elif """


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Origin:
    """The template with two old releases, the working tree, and a release with a move."""
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
def test_an_old_guard_loses_nothing(version: str, project: Callable[..., Inner]) -> None:
    made = project(version)
    done = make_update(made)
    assert done.returncode in (0, 3), done.stderr
    for number, name in enumerate(EDITED):
        assert f"# ours {number}\n" in made.read(name), name
    assert "OURS = Params" in made.read(f"{PACKAGE}/own.py")
    assert not (made.path / ".dvcignore").exists()
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
    assert sorted(kept) == ["tools/governed_paths.py", "tools/template/planning.py", "tools/update.py"]
    (made.path / "out.json").unlink()
    for number, name in enumerate(EDITED):
        assert f"# ours {number}\n" in made.read(name), name
    commit(made.path)
    again = make(made)
    assert again.stdout.endswith("nothing to do: 9.0.0\n"), again.stderr


def test_an_old_guard_is_stopped_before_a_move(project: Callable[..., Inner], tmp_path: Path) -> None:
    """It would leave the edits in files that nothing imports; the sentence names the way. Newer guards go on."""
    made = project("0.5.0")
    folder = tmp_path / "template"
    shutil.copytree(made.origin.path, folder)
    text = (folder / "copier.yml").read_text()
    begin = "  validator: >-\n    {% if "
    assert begin in text
    put(folder, {"copier.yml": text.replace(begin, STOP, 1)})
    (folder / "template/src/{{package_name}}/train.py").rename(folder / "template/src/{{package_name}}/fit.py")
    commit(folder)
    git(folder, "tag", MOVES)
    put(
        made.path, {".copier-answers.yml": made.read(".copier-answers.yml").replace(str(made.origin.path), str(folder))}
    )
    commit(made.path)
    before = made.state()
    done = make_update(made)
    assert done.returncode == 1, done.stdout
    assert 'make update ARGS="--to 9.0.0", commit, then make update' in done.stderr
    assert made.state() == before
    assert made.guard("update", "--dry-run").returncode in (0, 3)
