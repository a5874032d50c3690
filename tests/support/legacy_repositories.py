"""Repositories from before the template, in the four shapes in which people have them."""

from pathlib import Path

from support.template_origin import commit, git, put

UGLY = "import os,sys\nfrom math import *\ndef f( a,b ):\n  return {'a' :a}\n"  # what a formatter would rewrite
NOTEBOOK = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}\n'
ROWS = "rooms,price\n" + "3,100\n" * 200_000  # over 1 MB

COOKIECUTTER: dict[str, str | bytes | None] = {
    ".gitignore": "*.log\n/.env\n",
    "LICENSE": "MIT\n",
    "README.md": "# House prices\n",
    "data/raw/.gitkeep": "",
    "data/raw/houses.csv": ROWS,
    "docs/conf.py": UGLY,
    "models/.gitkeep": "",
    "notebooks/1.0-explore.ipynb": NOTEBOOK,
    "reports/figures/.gitkeep": "",
    "src/__init__.py": "",
    "src/data/__init__.py": "",
    "src/data/make_dataset.py": f"{UGLY}from src.data import *\n",
    "tox.ini": "[flake8]\nmax-line-length = 79\n",
}
FLAT: dict[str, str | bytes | None] = {
    ".python-version": "3.10.12\n",
    "README.md": "# Churn\n",
    'a "2" [ä].py': UGLY,
    "analysis.ipynb": NOTEBOOK,
    "app.py": UGLY,
    "config.py": "PASSWORD = 'hunter2-and-more'\n",
    "customers.csv": b"id,churned\r\n1,yes\r\n",
    "old models/first try [2].py": UGLY,
    "requirements.txt": "pandas==1.5.3\nstreamlit\n",
    "settings.yaml": f"# {'gh' + 'p_' + 36 * 'a'}\nseed: 1\n",
}
ROOT_PACKAGE: dict[str, str | bytes | None] = {
    "CODEOWNERS": "* @pricing\n",
    "README.rst": "Pricing\n=======\n",
    "pricing/__init__.py": "",
    "pricing/model.py": UGLY,
    "scripts/predict.py": f"{UGLY}from pricing import model\n",
    "setup.cfg": "[mypy]\nignore_errors = true\n\n[tool:pytest]\naddopts = -q\n",
    "setup.py": "from setuptools import setup\nsetup( name='pricing',packages=['pricing'] )\n",
    "tests/conftest.py": "import pytest\n@pytest.fixture\ndef price(): return 3\n",
    "tests/test_price.py": "def test_price(price): assert price==3\n",
}
OWN_TOOLS: dict[str, str | bytes | None] = {
    ".env.example": "API=\n",
    ".github/workflows/ci.yml": "name: ci\non: push\njobs: {a: {runs-on: ubuntu-latest, steps: [{run: make test}]}}\n",
    ".gitignore": ".env*\n*.json\n*.lock\n",
    ".pre-commit-config.yaml": "repos:\n  - repo: local\n    hooks:\n"
    "      - {id: say, name: say, entry: echo, language: system}\n",
    "Makefile": ".PHONY: install run test\ninstall run: VERBOSE := 1\n"
    "install:\n\t@echo ours: install\n\nrun: install\n\t@echo ours: run\n\ntest:\n\t@echo ours: test",
    "README.md": "# Churn\n",
    "pyproject.toml": """\
# What we build with
[build-system]
requires = ["setuptools>=60"]
build-backend = "setuptools.build_meta"

[project]
name = "churn-mlp"  # agreed
version = "3.2.0"
requires-python = ">=3.9"
dependencies = [
    "pandas>=1.5,<2",
    "scikit-learn",
]

[project.optional-dependencies]
gpu = ["torch"]

[tool.black]
line-length = 88

[tool.ruff]
line-length = 88
select = ["E"]

[tool.pytest.ini_options]
markers = ["slow: takes long"]
""",
    "src/churn/__init__.py": "",
    "src/churn/train.py": UGLY,
    "tests/conftest.py": "import pytest\n@pytest.fixture\ndef rows(): return 3\n",
    "tests/test_train.py": "import pytest\n@pytest.mark.slow\ndef test_train(rows): assert rows==3\n",
}
SHAPES = {
    "house-prices": COOKIECUTTER,
    "Telco Churn": FLAT,
    "pricing": ROOT_PACKAGE,
    "churn-mlp": OWN_TOOLS,
}


def make(name: str, folder: Path) -> Path:
    """Makes one of the repositories below a folder, with everything committed."""
    path = folder / name
    path.mkdir(parents=True)
    git(path, "init", "--quiet", "--initial-branch=main")
    put(path, SHAPES[name])
    git(path, "add", "--all", "--force")
    commit(path, "work of years")
    return path
