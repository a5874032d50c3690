"""A template of a dozen files with releases, and projects of it: an update takes tenths of a second."""

import shutil
from pathlib import Path

import pytest
from support.guard_process import Inner
from support.template_origin import ROOT, Origin, commit, first_release, put

ANSWERS = "{{_copier_conf.answers_file}}.jinja"
COPIER = """_subdirectory: template
_envops: {undefined: jinja2.StrictUndefined, keep_trailing_newline: true}
_skip_if_exists:
  - "src/*/schema.py"
project_name: {type: str, default: churn-model, help: Name.}
package_name: {type: str, default: churn_model, help: Package.}
description: {type: str, default: Predicts churn., help: What.}
python_version: {type: str, default: "3.11", choices: ["3.11", "3.12"], help: Oldest.}
maturity: {type: str, default: starter, choices: [starter, advanced], help: How much.}
cloud: {type: str, default: "none", choices: [none, aws], when: "{{ maturity == 'advanced' }}", help: Where.}
"""
TRAIN = '''"""Trains."""

from .schema import COLUMNS


def train(learning_rate: float, rounds: int, columns: list[str] | None = None, name: str = "churn") -> list[str]:
    """Returns the columns."""
    return [column for column in (columns or COLUMNS) if column != name and learning_rate > 0 and rounds > 0]
'''
FILES = {
    ANSWERS: (ROOT / "template" / ANSWERS).read_text(encoding="utf-8"),
    "README.md.jinja": "# {{ project_name }}\n\n{{ description }}\n\nUse make.\n",
    ".github/CODEOWNERS": "* @ml\n/params.yaml @platform\n",
    "pyproject.toml.jinja": '[project]\nname = "{{ project_name }}"\nversion = "0.1.0"\n'
    'requires-python = ">={{ python_version }}"\ndependencies = []\n\n[tool.ruff]\nline-length = 120\n',
    "docs/guide.md": "".join(f"line {number}\n" for number in range(20)),
    "docs/old.md": "old\n",
    "params.yaml": "rate: 0.1\nrounds: 10\n",
    "src/{{package_name}}/__init__.py": '"""The package."""\n',
    "src/{{package_name}}/schema.py": '"""The contract."""\n\nCOLUMNS = ["tenure"]\n',
    "src/{{package_name}}/train.py": TRAIN,
    "src/{{package_name}}/split.py": '"""Splits."""\n\n\ndef split() -> None:\n    """Splits."""\n',
    "{% if maturity == 'advanced' %}deploy{% endif %}/where.txt.jinja": "{{ cloud }}\n",
}


def named(files: dict[str, str | bytes | None]) -> dict[str, str | bytes | None]:
    """Returns the paths as they are in the template's repository."""
    return {f"template/{name}" if name != "copier.yml" else name: text for name, text in files.items()}


@pytest.fixture(scope="session")
def small_pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the small template, released once, and a project made from it."""
    folder = tmp_path_factory.mktemp("small")
    put(folder / "template", named({"copier.yml": COPIER, **FILES}))
    return first_release(folder)


@pytest.fixture
def small(small_pristine: Path, tmp_path: Path) -> Inner:
    """A project at the first release of the small template, which may be released again."""
    shutil.copytree(small_pristine, tmp_path / "x")
    project = Inner(tmp_path / "x/p", Origin(tmp_path / "x/template"))
    source(project, str(project.origin.path))
    return project


def source(project: Inner, path: str) -> None:
    """Records another source in the project."""
    lines = project.read(".copier-answers.yml").splitlines()
    lines = [f"_src_path: {path}" if line.startswith("_src_path:") else line for line in lines]
    put(project.path, {".copier-answers.yml": "\n".join(lines) + "\n"})
    commit(project.path)


def recorded(project: Inner, key: str, text: str) -> None:
    """Edits an answer by hand, and commits it."""
    lines = project.read(".copier-answers.yml").splitlines()
    assert any(line.startswith(f"{key}:") for line in lines)
    lines = [f"{key}: {text}" if line.startswith(f"{key}:") else line for line in lines]
    project.work({".copier-answers.yml": "\n".join(lines) + "\n"})
