"""What a rendered project consists of: the exact files, plain and legal, the same wherever it is rendered from."""

import re
import shutil
import subprocess
from pathlib import Path

import copier
import pytest
from conftest import ROOT, render

TEMPLATE = ROOT / "template"
# The only files in which Jinja may branch.
SEAMS = {"pyproject.toml.jinja", "README.md.jinja", ".env.example.jinja", ".pre-commit-config.yaml.jinja"}
WINDOWS_RESERVED = {"con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(1, 10))}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default project."""
    return render(tmp_path_factory.mktemp("tree") / "p")


def tree(root: Path) -> set[str]:
    """The files below a folder, without git's."""
    found = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return {path.as_posix() for path in found if path.parts[0] != ".git"}


def test_the_exact_files(rendered: Path) -> None:
    listed = (ROOT / "tests/files.txt").read_text(encoding="utf-8").split()
    assert sorted(tree(rendered)) == sorted(listed)
    assert len(listed) <= 120


@pytest.mark.parametrize("name", ["MIT", "BSD-3-Clause", "Apache-2.0", "Proprietary"])
def test_a_licence_is_a_file(name: str, rendered: Path, tmp_path: Path) -> None:
    added = tree(render(tmp_path / "p", license=name)) - tree(rendered)
    assert added == (set() if name == "Proprietary" else {"LICENSE"})


def test_no_braces_are_left(rendered: Path) -> None:
    for name in sorted(tree(rendered)):
        text = (rendered / name).read_text(encoding="utf-8")
        left = re.findall(r"(?<!\$)\{\{(?!\{).*?\}\}|\{%.*?%\}|\{#.*?#\}", text) if not name.endswith(".py") else []
        assert not left, f"{name}: {left}"
        assert "{%" not in text, name


def test_names_are_legal_everywhere(rendered: Path) -> None:
    names = sorted(tree(rendered))
    assert len({name.lower() for name in names}) == len(names)
    for name in names:
        for part in Path(name).parts:
            assert not set(part) & set('<>:"|?*\\'), name
            assert part.split(".")[0].lower() not in WINDOWS_RESERVED, name
            assert not part.endswith((" ", ".")), name
        assert len(name) < 100
    for path in TEMPLATE.rglob("*"):
        assert not set(path.name) & set('<>:"|?*\\'), path


def test_nothing_rendered_is_ignored_by_git(rendered: Path) -> None:
    subprocess.run(["git", "init", "--quiet"], cwd=rendered, check=True)  # noqa: S607
    names = "\n".join(sorted(tree(rendered)))
    done = subprocess.run(
        ["git", "check-ignore", "--stdin"],  # noqa: S607
        cwd=rendered,
        input=names,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == ""


def test_branches_stand_in_seams_only_and_are_few() -> None:
    lines = branching = 0
    for path in TEMPLATE.rglob("*"):
        if not path.is_file() or "LICENSE" in path.name:
            continue
        text = path.read_text(encoding="utf-8").splitlines()
        control = [line for line in text if "{%" in line]
        assert not control or path.name in SEAMS, path
        lines, branching = lines + len(text), branching + len(control)
    assert branching < 0.03 * lines


def test_a_second_render_is_identical_and_a_plain_folder_will_do(rendered: Path, tmp_path: Path) -> None:
    again = render(tmp_path / "again")
    plain = tmp_path / "template"
    shutil.copytree(TEMPLATE, plain / "template")
    shutil.copy(ROOT / "copier.yml", plain)
    copier.run_copy(str(plain), tmp_path / "from-plain", defaults=True, quiet=True, unsafe=False)
    for name in sorted(tree(rendered) - {".copier-answers.yml"}):
        assert (again / name).read_bytes() == (rendered / name).read_bytes(), name
        assert (tmp_path / "from-plain" / name).read_bytes() == (rendered / name).read_bytes(), name


def test_zero_trust() -> None:
    settings = (ROOT / "copier.yml").read_text(encoding="utf-8")
    for unsafe in ("_tasks", "_jinja_extensions", "_migrations", "_external_data"):
        assert unsafe not in settings
    for path in TEMPLATE.rglob("*.jinja"):
        assert not re.search(r"\{\{[^}]*(\bnow\(|\| *(random|shuffle))", path.read_text(encoding="utf-8")), path
