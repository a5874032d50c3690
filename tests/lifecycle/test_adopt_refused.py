"""What adopting refuses, and what it leaves to a person: one sentence each, and nothing is changed."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from adopt.command import main
from adopt.environment import git_hooks
from adopt.sides import rendering
from adopt.sides.answers import guessed
from adopt.sides.repository import Repository
from support.template_origin import ENVIRONMENT, commit, files, git, put

pytestmark = pytest.mark.xdist_group("adopt")

Work = dict[str, str | bytes | None]
POETRY = '[tool.poetry]\nname = "x"\nversion = "1.0"\n\n[tool.poetry.dependencies]\nrequests = "^2"\n'


@pytest.fixture(scope="module")
def rendered(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> rendering.Rendered:
    """The template with the default answers, rendered once."""
    room = tmp_path_factory.mktemp("rendered") / "p"
    return rendering.render(str(pristine / "template"), None, {}, {}, room)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rendered: rendering.Rendered) -> Path:
    """A small repository; what would be rendered is there already, and nobody looks for secrets."""
    for name in {*os.environ} - {*ENVIRONMENT}:
        monkeypatch.delenv(name)
    for name, text in ENVIRONMENT.items():
        monkeypatch.setenv(name, text)
    monkeypatch.setattr(rendering, "render", lambda *_: rendered)
    monkeypatch.setattr(git_hooks, "secrets", lambda *_: {})
    folder = tmp_path / "old"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    put(folder, {"app.py": "x = 1\n"})
    commit(folder)
    return folder


def work(repository: Path, changes: Work) -> None:
    """Commits files, ignored ones too."""
    put(repository, changes)
    git(repository, "add", "--all", "--force")
    git(repository, "commit", "--quiet", "--message", "work")


def state(repository: Path) -> tuple[object, ...]:
    """Files, index and all that names a commit."""
    return files(repository), git(repository, "ls-files", "--stage"), git(repository, "for-each-ref")


def in_a_merge(repository: Path) -> None:
    """Leaves a merge unfinished."""
    (repository / ".git/MERGE_HEAD").write_text(git(repository, "rev-parse", "HEAD"), encoding="utf-8")


def ignored(path: str, link: str | None = None) -> Callable[[Path], None]:
    """Makes a file or link that git ignores."""

    def make(repository: Path) -> None:
        work(repository, {".gitignore": f"{path.split('/')[0]}\n"})
        (repository / path).parent.mkdir(exist_ok=True)
        (repository / path).symlink_to(link) if link else put(repository, {path: "mine\n"})

    return make


def committed(changes: Work) -> Callable[[Path], None]:
    """Commits files."""
    return lambda repository: work(repository, changes)


def nobody(repository: Path) -> None:
    """Takes away who commits."""
    git(repository, "config", "user.useConfigOnly", "true")
    for name in [name for name in os.environ if name.startswith(("GIT_AUTHOR", "GIT_COMMITTER", "EMAIL"))]:
        os.environ.pop(name)


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [
        (lambda repository: put(repository, {"new.py": ""}), "has uncommitted work (new.py): commit or stash it first"),
        (in_a_merge, "is in the middle of a merge, rebase or bisect (MERGE_HEAD): finish it first"),
        (ignored("docs/runbook.md"), "Git ignores docs/runbook.md here, and the template has files there"),
        (ignored("docs", link="app.py"), "Git ignores docs here, and the template has files there"),
        (committed({"docs": "mine\n"}), "docs is a file, link or submodule here, and the template has docs/"),
        (committed({"Makefile/x": "mine\n"}), "Makefile is a folder here, and a file of the template: rename yours"),
        (lambda repository: git(repository, "branch", "adopt-layout"), "a branch adopt-layout is there already"),
        (lambda repository: git(repository, "branch", "adopt-layout/x"), "git update-ref failed"),
        (committed({"pyproject.toml": "[project\n"}), "pyproject.toml can't be read"),
        (
            committed({"pyproject.toml": '[project]\nname = "x"\nversion = "1"\ndynamic = ["dependencies"]\n'}),
            "takes its dependencies from elsewhere (dynamic): list them in [project]",
        ),
        (committed({".copier-answers.yml": "_commit: 1.0\n"}), ".copier-answers.yml belongs to another template"),
        (nobody, "git does not know who you are"),
    ],
)
def test_what_is_refused(
    prepare: Callable[[Path], None],
    sentence: str,
    repository: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "environ", os.environ.copy())
    prepare(repository)
    before = state(repository)
    assert main([str(repository)]) == 1
    assert state(repository) == before
    assert sentence in caplog.messages[-1]
    assert len(caplog.messages[-1].splitlines()) == 1


def test_where_it_is_refused(repository: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    put(repository, {"sub/x.py": ""})
    commit(repository)
    git(tmp_path, "init", "--quiet", "empty")
    for folder, sentence in (
        (tmp_path / "nowhere", "is no folder"),
        (tmp_path / "empty", "has no commit"),
        (repository / "sub", f"is a folder of the repository {repository}"),
    ):
        assert main([str(folder)]) == 1
        assert sentence in caplog.messages[-1]


def test_a_project_has_nothing_to_adopt(repository: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    work(repository, {".copier-answers.yml": "_commit: 0.6.0\nproject_name: x\npackage_name: x\n"})
    assert main([str(repository)]) == 2
    assert "has version 0.6.0; `make update` brings a newer one" in caplog.messages[-1]


@pytest.mark.parametrize(("option", "sentence"), [("x=1", "does not ask x"), ("license=GPL", "can't be rendered")])
def test_an_answer_that_the_template_does_not_take(
    option: str, sentence: str, pristine: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    git(tmp_path, "init", "--quiet", "old")
    commit(tmp_path / "old")
    assert main([str(tmp_path / "old"), "--template", str(pristine / "template"), "--data", option]) == 1
    assert sentence in caplog.messages[-1]


@pytest.mark.parametrize(
    ("files", "rows"),
    [
        ({"dvc.yaml": "stages: {}\n"}, {"dvc.yaml": "the template's commands need theirs"}),
        ({"models/model.skops": "x"}, {"models/model.skops": "the stage train writes it"}),
        ({"pyproject.toml": POETRY}, {"pyproject.toml": "uv does not read the requirements in [tool.poetry]"}),
        ({"conftest.py": "", "tests/conftest.py": ""}, {"tests/conftest.py": "the template's commands need theirs"}),
    ],
)
def test_what_needs_a_person(
    files: Work, rows: dict[str, str], repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    work(repository, files)
    assert main([str(repository), "--json"]) == 3
    found = {row["path"]: row["reason"] for row in json.loads(capsys.readouterr().out)["rows"] if row["person"]}
    assert found.keys() == rows.keys()
    assert all(found[path].startswith(reason) for path, reason in rows.items())


def adopted(repository: Path, work_of_theirs: Work) -> dict[str, bytes]:
    """Adopts the layout in a repository with further files, and returns what is then committed."""
    work(repository, work_of_theirs)
    assert main([str(repository), "--json"]) == 0
    git(repository, "switch", "--quiet", "adopt-layout")
    return files(repository)


def test_other_names_for_the_same_thing(repository: Path) -> None:
    """A file under another usual name, or in other case, is not put aside by the template's."""
    theirs: Work = {"GNUmakefile": "run:\n", "readme.MD": "r\n", "LICENCE": "l\n", "docs/CODEOWNERS": "* @a\n"}
    after = adopted(repository, theirs)
    assert {"Makefile", "README.md", "LICENSE", ".github/CODEOWNERS"}.isdisjoint(after)
    assert after["GNUmakefile"].endswith(b"include .template/commands.mk\n")
    assert b'readme = "readme.MD"\n' in after["pyproject.toml"]
    kept = yaml.safe_load(after[".template-keep.yml"])
    assert kept == {
        "keep": ["/.github/CODEOWNERS", "/README.md"],
        "elsewhere": {"Makefile": ".template/Makefile"},
    }


def test_settings_of_ruff_in_a_folder_do_not_bring_its_files_back(repository: Path) -> None:
    """Such settings come before those at the top, and know nothing of its list: so the hooks name one file."""
    after = adopted(repository, {"service/ruff.toml": "line-length = 50\n", "service/a.py": "x = 1\n"})
    assert after[".pre-commit-config.yaml"].count(b" --config pyproject.toml ") == 2
    assert b'"service/"' in after["pyproject.toml"]
    assert ".template/pyproject.toml" not in after


def test_a_file_of_ruffs_own_leaves_the_template_alone(repository: Path) -> None:
    after = adopted(repository, {"ruff.toml": "# ours\nline-length = 50\n"})
    assert after["ruff.toml"].startswith(b"# ours\nline-length = 50\nextend-exclude = [\n")
    assert b"[tool.ruff]" not in after["pyproject.toml"]
    assert b"[tool.ruff]" in after[".template/pyproject.toml"]


@pytest.mark.parametrize(
    ("name", "files", "answers"),
    [
        ("House Prices", {}, {"project_name": "house-prices"}),
        ("2024_churn", {"src/churn/x.py": ""}, {"project_name": "churn", "package_name": "churn_model"}),
        ("p", {"p.py": "", "p_model/x.py": ""}, {"project_name": "p", "package_name": "p_pipeline"}),
        ("p", {"pyproject.toml": POETRY}, {"project_name": "x"}),
        (
            "p",
            {"pyproject.toml": '[project]\nname = "Our_Prices"\nrequires-python = ">=3.12,<4"\n'},
            {"project_name": "our-prices", "python_version": "3.12"},
        ),
        ("p", {"pyproject.toml": '[project]\nname = "q"\nrequires-python = "<3.11"\n'}, {"project_name": "q"}),
    ],
)
def test_answers_from_the_repository(name: str, files: Work, answers: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    git(tmp_path / name, "init", "--quiet")
    git(tmp_path / name, "remote", "add", "origin", "git@github.com:acme/x.git")
    put(tmp_path / name, files)
    commit(tmp_path / name)
    assert {"python_version": "3.11", "github_owner": "acme"} | answers | guessed(
        Repository.at(tmp_path / name)
    ) == guessed(Repository.at(tmp_path / name)) | {"python_version": answers.get("python_version", "3.11")}
