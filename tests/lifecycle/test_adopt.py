"""An existing repository adopts the layout as `docs/how-to/adopt.md` says: nothing that was there is changed."""

import re
import subprocess
import sys
from pathlib import Path

import copier
import pytest
from support.rendered_project import ROOT
from support.template_origin import FIRST, SECOND, Made, commit, git

COPIER = Path(sys.executable).with_name("copier")
PAGE = ROOT / "docs/how-to/adopt.md"
OLD = {
    "README.md": "# Pricing\n",
    "pyproject.toml": '[project]\nname = "pricing"\nversion = "3.2.0"\n',
    ".gitignore": "*.log\n",
    "data/houses.csv": "rooms,price\n3,100\n",
    "src/pricing/__init__.py": "",
    "tests/conftest.py": "import pytest\n",
    "tests/test_price.py": "def test_price() -> None:\n    assert True\n",
}


def files(root: Path) -> dict[str, str]:
    """The files below a folder by path."""
    found = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
    return {name: path.read_text("utf-8") for name, path in found.items() if not name.startswith(".git/")}


def command(beginning: str) -> list[str]:
    """The arguments of a command of the page, as a shell would split them."""
    found = re.search(rf"^uvx copier ({re.escape(beginning)}.*) <template> (\S+)$", PAGE.read_text("utf-8"), re.M)
    assert found, beginning
    return [*found[1].replace("'", "").split(), "--vcs-ref", "HEAD", str(ROOT), found[2]]


def run(where: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs Copier in a folder, with nobody there to answer."""
    return subprocess.run(  # noqa: S603
        [COPIER, *arguments], cwd=where, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A repository that knows nothing of the template."""
    for name, text in OLD.items():
        (tmp_path / "old" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "old" / name).write_text(text, encoding="utf-8")
    return tmp_path / "old"


@pytest.mark.capability("adopting a repository")
def test_looking_writes_nothing_and_names_what_stays(old: Path) -> None:
    done = run(old, *command("copy --pretend"))
    assert done.returncode == 0, done.stderr
    assert files(old) == OLD
    said = re.sub(r"\x1b\[[0-9;]*m", "", done.stderr)
    assert set(re.findall(r"^ +skip +(\S+)$", said, re.M)) == {
        "README.md",
        "pyproject.toml",
        ".gitignore",
        "tests/conftest.py",
    }
    assert re.search(r"^ +create +Makefile$", said, re.M)


def test_adopting_changes_no_file_and_adds_the_rest(old: Path) -> None:
    done = run(old, *command("copy --skip"), "--defaults")
    assert done.returncode == 0, done.stderr
    after = files(old)
    assert {name: after[name] for name in OLD} == OLD
    assert set(after) == set(OLD) | set((ROOT / "tests/data/files/all.txt").read_text(encoding="utf-8").split())


def test_what_differs_is_shown(old: Path) -> None:
    run(old, *command("copy --skip"), "--defaults", "--data", "project_name=house-prices")
    done = run(old, *command("copy --defaults --data-file"))
    assert done.returncode == 0, done.stderr
    shown = subprocess.run(
        ["git", "diff", "--no-index", "--diff-filter=M", "--name-only", ".", "../layout"],  # noqa: S607
        cwd=old,
        capture_output=True,
        text=True,
        check=False,
    )
    named = {name.removeprefix("../layout/") for name in shown.stdout.split()}
    named.discard(".copier-answers.yml")  # differs only where the template has changes that are not committed
    assert named == {"README.md", "pyproject.toml", ".gitignore", "tests/conftest.py"}
    assert all(f"| `{name}` |" in PAGE.read_text(encoding="utf-8") for name in named)


def test_without_the_option_it_stops_and_overwrites_nothing(old: Path) -> None:
    done = run(old, "copy", "--defaults", "--vcs-ref", "HEAD", str(ROOT), ".")
    assert done.returncode == 1
    assert {name: text for name, text in files(old).items() if name in OLD} == OLD


def test_what_was_adopted_is_updated(old: Path, made: Made) -> None:
    """A file that was kept whole counts as edited: the template's change of README.md is offered."""
    git(old, "init", "--quiet")
    commit(old)
    origin = made.origin
    copier.run_copy(
        str(origin.path), old, skip_if_exists=["*"], defaults=True, quiet=True, vcs_ref=FIRST, overwrite=False
    )
    commit(old)
    readme = origin.read("template/README.md.jinja").replace("make setup", "make  setup")
    origin.release(SECOND, {"template/README.md.jinja": readme, "template/docs/new.md": "new\n"})
    verdicts = Made(old, origin).update()
    assert verdicts == {".copier-answers.yml": "changed", "README.md": "yours", "docs/new.md": "added"}
    commit(old)
    after = files(old)
    assert {name: after[name] for name in OLD} == OLD
    assert after["docs/new.md"] == "new\n"
