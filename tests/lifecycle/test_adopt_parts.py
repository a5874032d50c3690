"""The parts of an adoption that decide by themselves: patterns, requirements, Python, targets of a Makefile."""

import subprocess
import tomllib
from pathlib import Path

import pytest
import tomlkit
from adopt.draft import Draft
from adopt.environment import packaging, requirements, toml_blocks
from adopt.environment.python import fits
from adopt.files import workflows
from adopt.files.layout import collapse
from adopt.sides.repository import Repository
from support.rendered_project import ROOT


@pytest.mark.parametrize(
    ("paths", "others", "patterns"),
    [
        (["a/b/x.py", "a/y.py"], [], ["a/"]),
        (["a/b/x.py", "a/y.py"], ["a/z.py"], ["a/b/", "a/y.py"]),
        (["tests/x.py", "tests/deep/y.py"], [], ["tests/deep/y.py", "tests/x.py"]),
        (["src/__init__.py", "src/old/x.py"], ["src/new/x.py"], ["src/__init__.py", "src/old/"]),
        (["x.py"], [], ["x.py"]),
    ],
)
def test_a_folder_is_named_where_all_in_it_is_of_one_side(
    paths: list[str], others: list[str], patterns: list[str]
) -> None:
    assert collapse(paths, others, ("src", "tests")) == patterns


def test_requirements_of_both() -> None:
    document = tomlkit.parse(
        'x = [\n    "Pandas[excel] >=1,<2",  # old\n    # why\n    "requests; python_version<\'4\'",\n]\n'
    )
    replaced = requirements.merge(document["x"], ["mlflow>=3", "pandas>=3,<4", "dvc[s3]>=3"])  # type: ignore[arg-type]
    assert replaced == [("Pandas[excel] >=1,<2", "pandas[excel]>=3,<4")]
    found = tomllib.loads(tomlkit.dumps(document))["x"]
    assert found == ["requests; python_version<'4'", "mlflow>=3", "pandas[excel]>=3,<4", "dvc[s3]>=3"]
    assert "    # why\n" in tomlkit.dumps(document)


@pytest.mark.parametrize(
    ("wanted", "verdict"),
    [
        ("3.10", False),
        ("3.11", True),
        ("3.13.1", True),
        ("3.14", False),
        ("cpython-3.12", True),
        ("3", True),
        ("pypy3.11", False),
        ("our-env", False),
        ("", False),
    ],
)
def test_a_python_that_fits(wanted: str, verdict: bool) -> None:
    assert fits(wanted, ">=3.11,<3.14") == verdict


def test_blocks_are_the_tables_of_the_templates_file() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    blocks = toml_blocks.split(text)
    assert tomllib.loads(toml_blocks.join(blocks)) == tomllib.loads(text)
    assert blocks["tool.ruff"].startswith("[tool.ruff]\n")
    assert "# The same rules as in the projects" in blocks["tool.ruff"]


@pytest.mark.parametrize(
    ("before", "build"),
    [
        (["src/old/__init__.py"], 'module-name = ["new", "old"]\n'),
        (["src/__init__.py", "src/old/__init__.py"], 'module-name = "new"\n# Because of'),
        (["src/__init__.py", "src/old/__init__.py", "setup.py"], 'packages = [\n    "src/new",\n    "src",\n]'),
        (["old/__init__.py", "tests/__init__.py"], 'module-name = "new"\n'),
        (["old/__init__.py", "setup.py", "src/a/__init__.py"], '    "src/new",\n    "src/a",\n    "old",\n'),
    ],
)
def test_packages_of_before_are_installed_where_they_were(before: list[str], build: str, tmp_path: Path) -> None:
    repository = Repository(tmp_path, "")
    repository.__dict__["entries"] = dict.fromkeys(before)
    blocks = {"build-system": "", "tool.uv": '[tool.uv]\n\n[tool.uv.build-backend]\nmodule-name = "new"\n'}
    packaging.fit(Draft(repository, "new", {}), blocks)
    text = toml_blocks.join(blocks)
    assert build in text
    assert ("hatchling" in text) == ("setup.py" in before)


def test_a_workflow_under_another_name_is_called_and_trusted_by_it(tmp_path: Path) -> None:
    """Else the project's own workflow of that name would be called, and trusted as the signer of its images."""
    old, new = (f".github/workflows/{name}.yml" for name in ("sign", "template-sign"))
    files = {
        new: b"name: sign\n",
        "deliver.yml": b"    uses: ./.github/workflows/sign.yml\n",
        "production.yml": b"SIGNER: o/r/.github/workflows/sign.yml@refs/heads/main\n",
        "README.md": b"see .github/workflows/sign.yml\n",
    }
    draft = Draft(Repository(tmp_path, ""), "new", files, elsewhere={old: new})
    workflows.rename(draft)
    assert draft.files == {
        new: b"name: template-sign\n",
        "deliver.yml": b"    uses: ./.github/workflows/template-sign.yml\n",
        "production.yml": b"SIGNER: o/r/.github/workflows/template-sign.yml@refs/heads/main\n",
        "README.md": b"see .github/workflows/sign.yml\n",
    }


MAKEFILE = """\
export NAME := x
.RECIPEPREFIX = >
one two: three | four
three four:
five::
> @echo five
six: VALUE = 1
six: ; @echo six $(VALUE)
include more.mk
include .template/commands.mk
"""


def test_commands_that_a_makefile_lacks_are_handed_on(tmp_path: Path) -> None:
    names = ("one", "two", "three", "five", "six", "seven", "eight")
    rules = "".join(
        f"{name}: ## text\n\t@echo theirs {name} $(ARGS)\n" for name in (*names, "include $(wildcard mk/*)")
    )
    for path, text in {
        "Makefile": MAKEFILE,
        "more.mk": "seven: ; @echo seven\n",
        ".template/Makefile": rules.split("include $")[0],
        ".template/commands.mk": (ROOT / "hooks/adopt/files/commands.mk").read_text(encoding="utf-8"),
    }.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    command = ["make", *names, "ARGS=a b"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603
    assert (done.returncode, done.stderr) == (0, "")
    assert [line for line in done.stdout.splitlines() if "Nothing" not in line] == [
        "five",
        "six 1",
        "seven",
        "theirs eight a b",
    ]
