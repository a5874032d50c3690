"""Repositories of four shapes adopt the layout as `docs/how-to/adopt.md` says: what they had stays, checks pass."""

import re
import shlex
import shutil
import subprocess
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from adopt.command import main
from packaging.specifiers import SpecifierSet
from support import legacy_repositories
from support.adopted_repositories import hook
from support.rendered_project import ROOT, Project, environment
from support.template_origin import SECOND, Made, Origin, files, git

pytestmark = pytest.mark.xdist_group("adopt")  # one worker makes the repositories

PAGE = (ROOT / "docs/how-to/adopt.md").read_text(encoding="utf-8")
# What an adoption may change of what was there; all else is the same, byte for byte.
CHANGED = {
    "house-prices": {".gitignore"},
    "Telco Churn": {".python-version"},
    "pricing": set(),
    "churn-mlp": {".gitignore", "Makefile", "pyproject.toml"},
}
LEGACY = {
    "house-prices": ["docs/conf.py", "notebooks/1.0-explore.ipynb", "src/__init__.py", "src/data/"],
    "Telco Churn": ['a "2" [ä].py', "analysis.ipynb", "app.py", "config.py", "old models/"],
    "pricing": ["pricing/", "scripts/", "setup.py", "tests/conftest.py", "tests/test_price.py"],
    "churn-mlp": ["src/churn/", "tests/conftest.py", "tests/test_train.py"],
}
LEFT_OUT = {"house-prices": {"large-files", "secrets", "tokens"}, "Telco Churn": {"secrets", "tokens"}}


def blocks(heading: str) -> list[str]:
    """The commands of a section of the page."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [line for block in re.findall(r"```sh\n(.*?)```", section, re.S) for line in block.splitlines()]


def table(repository: Path, path: str = "pyproject.toml") -> dict[str, object]:
    """The tools' tables of a pyproject.toml."""
    return tomllib.loads((repository / path).read_text(encoding="utf-8"))["tool"]


def ruff(repository: Path) -> str:
    """The file with the settings of ruff that the template's hooks obey."""
    return ".template/pyproject.toml" if "--config" in hook(repository, "ruff-format").args else "pyproject.toml"


# -- what was there ---------------------------------------------------------------------------------------------------
@pytest.mark.capability("adopting a repository")
def test_nothing_is_changed_but_what_is_said(repository: Path) -> None:
    before = {name: text for name, text in legacy_repositories.SHAPES[repository.name].items() if text is not None}
    after = files(repository)
    bytes_before = {name: text if isinstance(text, bytes) else text.encode() for name, text in before.items()}
    assert {name for name, text in bytes_before.items() if after[name] != text} == CHANGED[repository.name]
    assert git(repository, "status", "--porcelain", "--untracked-files=all") == ""
    if "Makefile" in before:
        assert after["Makefile"].startswith(bytes_before["Makefile"])
    if ".gitignore" in before:
        assert after[".gitignore"].startswith(bytes_before[".gitignore"])


def test_the_branch_is_all_that_an_adoption_makes(adopted: Path) -> None:
    for name in legacy_repositories.SHAPES:
        assert git(adopted / name, "for-each-ref", "--format=%(refname)").split() == [
            "refs/heads/adopt-layout",
            "refs/heads/main",
        ]
        assert git(adopted / name, "rev-list", "--count", "main..adopt-layout").strip() == "1"


# -- checks -----------------------------------------------------------------------------------------------------------
def test_the_hooks_pass_and_rewrite_nothing(repository: Path) -> None:
    for name in ("ruff-format", "ruff-check", "large-files"):
        done = hook(repository, name)
        assert done.returncode == 0, f"{name}\n{done.stdout}{done.stderr}"
    assert git(repository, "status", "--porcelain") == ""


def test_the_list_names_what_was_there_and_may_shrink(repository: Path) -> None:
    """Every other file is looked at, the template's and new ones, and so is one that is taken out of the list."""
    settings = ruff(repository)
    assert table(repository, settings)["ruff"]["extend-exclude"] == [
        line.replace("[", "[[]") for line in LEGACY[repository.name]
    ]
    package = re.search(r"package_name: (\w+)", (repository / ".copier-answers.yml").read_text(encoding="utf-8"))
    assert package
    taken_out = LEGACY[repository.name][-1]
    ugly = [f"src/{package[1]}/stages/train.py", "tests/model/test_new.py", "new.py", "tools/governed_paths.py"]
    old = [path for path in files(repository) if path.endswith(".py") and path.startswith(taken_out)]
    text = (repository / settings).read_text(encoding="utf-8")
    (repository / settings).write_text(text.replace(f'    "{taken_out}",\n', ""), encoding="utf-8")
    for path in [*ugly, *old]:
        (repository / path).write_text(legacy_repositories.UGLY, encoding="utf-8")
    git(repository, "add", "--all")
    hook(repository, "ruff-format")
    assert set(git(repository, "diff", "--name-only").splitlines()) == {*ugly, *old}


def test_what_hooks_leave_out(repository: Path) -> None:
    config = ".template/pre-commit.yaml" if repository.name == "churn-mlp" else ".pre-commit-config.yaml"
    repos = yaml.safe_load((repository / config).read_text(encoding="utf-8"))["repos"]
    lists = {one["id"]: one["exclude"] for repo in repos for one in repo["hooks"] if "exclude" in one}
    assert lists.keys() == LEFT_OUT.get(repository.name, set())
    for name, pattern in lists.items():
        wanted = {
            "large-files": ["data/raw/houses.csv"],
            "secrets": ["config.py", "data/raw/houses.csv", "settings.yaml"],
            "tokens": ["data/raw/houses.csv", "settings.yaml"],
        }[name]
        assert [path for path in git(repository, "ls-files").splitlines() if re.search(pattern, path)] == [
            path for path in wanted if path in legacy_repositories.SHAPES[repository.name]
        ]


def test_a_new_secret_and_a_new_large_file_are_refused(adopted: Path, tmp_path: Path) -> None:
    repository = shutil.copytree(adopted / "Telco Churn", tmp_path / "p")
    looked_at = ("app.py", "config.py", "new.csv")
    assert hook(repository, "secrets", *looked_at[:2]).returncode == 0
    (repository / "app.py").write_text(str(legacy_repositories.FLAT["config.py"]), encoding="utf-8")
    (repository / "new.csv").write_bytes(b"0" * 1_000_001)
    assert "app.py" in hook(repository, "secrets", *looked_at[:2]).stdout
    assert "new.csv" in hook(repository, "large-files", *looked_at).stderr


# -- environment ------------------------------------------------------------------------------------------------------
def test_the_environment_fits_both(repository: Path) -> None:
    found = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
    names = {re.match(r"[\w-]+", line)[0] for line in found["project"]["dependencies"]}  # type: ignore[index]
    assert {"mlflow", "pandas", "scikit-learn"} <= names
    assert len(names) == len(found["project"]["dependencies"])
    assert (repository / found["project"].get("readme", "README.md")).is_file()
    pin = repository / ".python-version"
    assert not pin.exists() or SpecifierSet(found["project"]["requires-python"]).contains(pin.read_text().strip())
    assert "exclude-newer" in found["tool"]["uv"]


def test_their_pyproject_keeps_its_text(adopted: Path) -> None:
    text = (adopted / "churn-mlp/pyproject.toml").read_text(encoding="utf-8")
    for line in ("# What we build with", 'name = "churn-mlp"  # agreed', 'version = "3.2.0"', 'gpu = ["torch"]'):
        assert line in text
    found = tomllib.loads(text)
    assert found["tool"]["uv"]["build-backend"]["module-name"] == ["churn_mlp", "churn"]
    assert found["tool"]["pytest"]["ini_options"] == {"markers": ["slow: takes long"]}
    assert found["tool"]["ruff"]["line-length"] == 88
    ours = {
        path for path in files(adopted / "churn-mlp") if path.endswith(".py")
    } - legacy_repositories.OWN_TOOLS.keys()
    left_out = tuple(found["tool"]["ruff"]["extend-exclude"])
    assert {path for path in files(adopted / "churn-mlp") if path.endswith(".py") and path.startswith(left_out)} == ours
    assert {f"/{path}" for path in ours if re.match(found["tool"]["black"]["extend-exclude"], f"/{path}")} == {
        f"/{path}" for path in ours
    }


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("name", "packages"), [("house-prices", {"house_prices"}), ("pricing", {"pricing_model", "pricing"})]
)
def test_packages_of_both_are_built(name: str, packages: set[str], adopted: Path, tmp_path: Path) -> None:
    repository = shutil.copytree(adopted / name, tmp_path / "p")
    build = ["uv", "build", "--quiet", "--wheel", "--out-dir", str(tmp_path / "dist")]
    done = subprocess.run(build, cwd=repository, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    names = zipfile.ZipFile(next((tmp_path / "dist").glob("*.whl"))).namelist()
    assert {path.split("/")[0] for path in names if path.endswith(".py")} == packages


# -- commands ---------------------------------------------------------------------------------------------------------
def make(repository: Path, *arguments: str) -> str:
    """What make would run, or runs, in a repository."""
    done = subprocess.run(["make", *arguments], cwd=repository, capture_output=True, text=True, check=False)  # noqa: S603, S607
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr
    return done.stdout


def test_their_commands_stay_and_ours_are_there(adopted: Path) -> None:
    repository = adopted / "churn-mlp"
    assert [make(repository, name).split()[-1] for name in ("install", "run", "test")] == ["install", "run", "test"]
    assert make(repository).splitlines() == ["ours: install"]
    assert "tools/update.py update --dry-run" in make(repository, "--dry-run", "update", "ARGS=--dry-run")
    assert "uv sync" in make(repository, "--dry-run", "setup")
    assert "commands.run" in make(repository, "--dry-run", "-f", ".template/Makefile", "run")
    assert "--config .template/pre-commit.yaml" in make(repository, "--dry-run", "check")


def test_workflows_call_the_templates_commands(adopted: Path) -> None:
    workflow = (adopted / "churn-mlp/.github/workflows/template-ci.yml").read_text(encoding="utf-8")
    assert "name: template-ci\n" in workflow
    assert "group: template-ci-${{" in workflow
    assert set(re.findall(r"run: make (.*)", workflow)) == {
        "check",
        "evidence",
        "restore",
        "-f .template/Makefile test",
        "-f .template/Makefile run",
    }


# -- the page ---------------------------------------------------------------------------------------------------------
def test_looking_writes_nothing_and_says_all(
    pristine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A dry run says the same as the adoption, and touches nothing; a second adoption has nothing to do."""
    look, *others = blocks("1. Look")
    command, enter, show, switch = blocks("2. Adopt")
    assert not others
    assert enter == "cd ../house-prices"
    repository = legacy_repositories.make("house-prices", tmp_path)
    before = files(repository), git(repository, "for-each-ref"), git(repository, "count-objects")

    def run(line: str) -> int:
        words = shlex.split(line.replace("../house-prices", str(repository)))
        assert words[:4] == ["uv", "run", "python", "hooks/adopt"]
        return main([*words[4:], "--template", str(pristine / "template")])

    assert run(look) == 0
    dry = capsys.readouterr().out.splitlines()
    assert (files(repository), git(repository, "for-each-ref"), git(repository, "count-objects")) == before
    assert run(command) == 0
    said = capsys.readouterr().out.splitlines()
    assert dry[:-1] == said[:-2]
    assert dry[-1] == "dry run, nothing is written"
    assert files(repository) == before[0]
    shown = re.search(r"```\n(adopt template.*?)```", PAGE, re.S)
    assert shown
    for line in shown[1].splitlines()[2:]:
        assert line in "\n".join(dry).replace("docs/conf.py, ", ""), line
    assert run(command) == 2
    for line in (show, switch):
        subprocess.run(shlex.split(line), cwd=repository, capture_output=True, check=True)  # noqa: S603
    assert run(command) == 2
    assert git(repository, "status", "--porcelain") == ""


def test_what_stayed_can_be_compared(adopted: Path, tmp_path: Path) -> None:
    render, compare = blocks("What happens to what you have")
    repository = shutil.copytree(adopted / "house-prices", tmp_path / "p")
    source = yaml.safe_load((repository / ".copier-answers.yml").read_text(encoding="utf-8"))["_src_path"]
    words = shlex.split(render.replace("uvx copier", f"{ROOT}/.venv/bin/copier").replace("<template>", source))
    subprocess.run(words, cwd=repository, capture_output=True, check=True)  # noqa: S603
    done = subprocess.run(shlex.split(compare), cwd=repository, capture_output=True, text=True, check=False)  # noqa: S603
    assert "-# House prices" in done.stdout
    assert "+# house-prices" in done.stdout


@pytest.mark.e2e
@pytest.mark.capability("adopting a repository")
def test_setup_and_check_in_a_repository_with_tools_of_its_own(adopted: Path, worker: Path, tmp_path: Path) -> None:
    repository = shutil.copytree(adopted / "churn-mlp", tmp_path / "p")
    project = Project(repository, environment(worker, "starter"))
    for line in blocks("3. Set up and check"):
        project.run("bash", "-c", line)
    assert git(repository, "show", "--stat", "--format=%s", "HEAD").split()[:5] == [
        "Lock", "the", "environment", "uv.lock", "|"
    ]  # fmt: skip
    before = {name: text for name, text in legacy_repositories.OWN_TOOLS.items() if name not in CHANGED["churn-mlp"]}
    assert {name: (repository / name).read_text(encoding="utf-8") for name in before} == before
    names = "import churn, churn_mlp; print(churn.__file__, churn_mlp.__file__)"
    assert project.run("uv", "run", "python", "-c", names).stdout.count("/p/src/") == 2


def test_what_was_adopted_is_updated(adopted: Path, pristine: Path, tmp_path: Path) -> None:
    """Changes of the template reach its files where they lie, and what both have in one file."""
    origin = Origin(shutil.copytree(pristine / "template", tmp_path / "template"))
    repository = shutil.copytree(adopted / "churn-mlp", tmp_path / "p")
    changes: dict[str, str | bytes | None] = {"template/docs/new.md": "new\n"}
    for name, old, new in (
        ("Makefile.jinja", "update: ##", "news: ## say what is new\n\tcat docs/new.md\n\nupdate: ##"),
        (".github/workflows/ci.yml", "timeout-minutes: 60", "timeout-minutes: 70"),
        ("tests/conftest.py.jinja", "What the tests share", "What all tests share"),
        (".pre-commit-config.yaml", "name: mypy", "name: types"),
        ("pyproject.toml.jinja", "mlflow>=3.17.2,<3.18", "mlflow>=3.17.3,<3.18"),
        (".gitignore", "/dvc_plots/", "/dvc_plots/\n/new/"),
    ):
        text = origin.read(f"template/{name}")
        assert old in text
        changes[f"template/{name}"] = text.replace(old, new)
    origin.release(SECOND, changes)
    project = Made(repository, origin)
    verdicts = project.update("--template", str(origin.path))
    assert verdicts == {
        ".copier-answers.yml": "changed",
        ".github/workflows/template-ci.yml": "merged",
        ".gitignore": "merged",
        ".template/Makefile": "merged",
        ".template/pre-commit.yaml": "merged",
        "conftest.py": "merged",
        "docs/new.md": "added",
        "pyproject.toml": "merged",
    }
    assert make(repository, "news") == "cat docs/new.md\nnew\n"
