"""A small template with releases, projects of it in repositories with a remote, and the fleet in this process."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import copier
import pytest
import rollout
from guarding.pool import Pool
from support.template_origin import ENVIRONMENT, FIRST, Origin, commit, git, put

FILES: dict[str, str | bytes | None] = {
    "copier.yml": (
        "_subdirectory: template\n_answers_file: .copier-answers.yml\n"
        "project_name: {type: str, default: Small, help: Name.}\n"
        "license: {type: str, default: none, choices: [none, MIT], help: License.}\n"
    ),
    "template/{{ _copier_conf.answers_file }}.jinja": "{{ _copier_answers | to_nice_yaml }}",
    "template/README.md.jinja": "# {{ project_name }}, license {{ license }}\n",
    "template/.gitignore": "/data/\n",
    "template/.dvcignore": "/data/\n",
    "template/docs/architecture.md": "one\ntwo\n",
    "template/docs/runbook.md": "one\ntwo\n",
    "template/.github/CODEOWNERS": "* @platform\n",
    "template/.github/workflows/security.yml": "on: push\n",
    "template/src/p/mlops/evaluation/gates.py": "LIMIT = 1\n",
}


@dataclass(frozen=True)
class Run:
    """What a run of the fleet said: its table, what it logged, and its rows by the names of their folders."""

    table: str
    log: str
    rows: dict[str, dict[str, Any]]


Fleet = Callable[..., Run]


@pytest.fixture(scope="session")
def guard_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The Python with the guard's packages, looked up once."""
    return Pool(tmp_path_factory.mktemp("room"), {}, 60).python


@pytest.fixture
def fleet(
    tmp_path: Path,
    guard_python: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> Fleet:
    """Runs the fleet as its command does, one project at a time, and demands the exit code."""
    for key in set(os.environ) - set(ENVIRONMENT):
        monkeypatch.delenv(key)
    for key, text in ENVIRONMENT.items():
        monkeypatch.setenv(key, text)
    monkeypatch.setattr(Pool, "python", guard_python)

    def run(*arguments: object, code: int) -> Run:
        caplog.clear()
        report = tmp_path / "report.json"
        given = [str(argument) for argument in arguments]
        own = [] if "--json" in given else ["--json", str(report)]
        with caplog.at_level("INFO"):
            ended = rollout.main([*given, "--workers", "1", *own])
        said = capsys.readouterr().out
        assert ended == code, said + caplog.text
        file = Path(given[given.index("--json") + 1]) if "--json" in given else report
        rows = json.loads(file.read_text(encoding="utf-8"))
        if not {"--json"} & set(given):
            file.unlink()
        return Run(said, caplog.text, {Path(row["project"]).name: row for row in rows})

    return run


@dataclass(frozen=True)
class Country:
    """A folder with a template, bare remotes and clones of them.

    Attributes:
        path: The folder.
        origin: The template.
        first: A project of the first release, in no repository.
    """

    path: Path
    origin: Origin
    first: Path

    @property
    def teams(self) -> Path:
        """The folder with the clones."""
        return self.path / "teams"

    def clone(self, name: str, *folders: str) -> Path:
        """Makes a repository with projects in these folders, by default one at its top; returns a clone of it."""
        source = self.path / "sources" / name
        for folder in folders or (".",):
            shutil.copytree(self.first, source / folder, dirs_exist_ok=True)
        git(source, "init", "--quiet", "--initial-branch=main")
        commit(source, "first")
        remote = self.path / f"remotes/{name}.git"
        git(self.path, "clone", "--quiet", "--bare", str(source), str(remote))
        git(self.path, "clone", "--quiet", str(remote), str(self.teams / name))
        return self.teams / name


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template, released once, and a project of it."""
    folder = tmp_path_factory.mktemp("founded")
    origin = Origin(folder / "template")
    origin.path.mkdir()
    git(origin.path, "init", "--quiet", "--initial-branch=main")
    origin.release(FIRST, FILES)
    copier.run_copy(str(origin.path), folder / "first", defaults=True, quiet=True, vcs_ref=FIRST)
    return folder


@pytest.fixture
def country(founded: Path, tmp_path: Path) -> Country:
    """A country of one's own: its template may be released again."""
    path = shutil.copytree(founded, tmp_path / "c")
    answers = (path / "first/.copier-answers.yml").read_text(encoding="utf-8")
    put(path, {"first/.copier-answers.yml": answers.replace(str(founded), str(path)), "teams/x": ""})
    (path / "teams/x").unlink()
    return Country(path, Origin(path / "template"), path / "first")
