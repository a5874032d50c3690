"""A project's pages, Makefiles and workflows name nothing that it does not have: commands, files, modules."""

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest
from release.template import Rendering, Template
from support.rendered_project import render

PRESETS = ({}, {"maturity": "intermediate"}, {"maturity": "advanced", "cloud": "aws", "scale": "ray"})
READ = ("README.md", "SECURITY.md", "Makefile", "docs/*", "mk/*.mk", ".github/workflows/*", "dags/README.md")
FILE = re.compile(r"`((?:[\w.*-]+/)+[\w.*-]*|[\w-]+\.(?:md|json|jsonl|yaml|yml|lock|toml|py|txt))`")
# What a run, a sync, a delivery, a person or Terraform makes.
MADE = (
    ".env",
    "MODEL_CARD.md",
    "audit.jsonl",
    "data/*",
    "deploy/deliveries.jsonl",
    "dvc.lock",
    "metrics.json",
    "mlflow.db",
    "mlruns/*",
    "models/*",
    "reports/*",
    "uv.lock",
    ".dvc/cache/*",
    ".dvc/tmp/*",
    "dags/uv.lock",
    "_done.json",
    "deploy/terraform/*",  # governance.md and threat-model.md: a project without a cloud has no such layer
)
# Page -> what a person writes who follows it.
WRITTEN = {"docs/extend.md": "src/churn_model/stages/plans.py"}


@pytest.fixture(scope="module", params=PRESETS, ids=lambda answers: answers.get("maturity", "starter"))
def project(request: pytest.FixtureRequest, in_memory: Template) -> Rendering:
    """A project of each preset."""
    return in_memory.rendering(request.param)


def texts(project: Rendering) -> dict[str, str]:
    """The files that tell a person or GitHub what to run and where to look."""
    return {name: project.text(name) for name in project.sources if any(fnmatch(name, pattern) for pattern in READ)}


def test_commands(project: Rendering) -> None:
    found = texts(project)
    makefiles = (text for name, text in found.items() if name == "Makefile" or name.endswith(".mk"))
    known = {verb for text in makefiles for verb in re.findall(r"(?m)^([a-z][a-z-]*):", text)}
    for name, text in found.items():
        code = "\n".join(re.findall(r"```.*?```|`[^`]+`", text, re.S)) if name.endswith(".md") else text
        called = set(re.findall(r"(?:`|^ *|&& |run: )make ([a-z][a-z-]*)", code, re.M))
        assert called <= known, f"{name} names what the project has not: {sorted(called - known)}"


def test_modules(project: Rendering) -> None:
    modules = {re.sub(r"^src/|(/__main__|/__init__)?\.py$", "", name) for name in project.sources}
    for name, text in texts(project).items():
        for module in re.findall(r"-m (churn_model[\w.]*)", text):
            path = module.replace(".", "/")
            assert path in modules or WRITTEN.get(name) == f"src/{path}.py", f"{name} names {module}"


def test_files(project: Rendering) -> None:
    known = {*project.sources, *(folder.as_posix() for name in project.sources for folder in Path(name).parents)}
    for name, text in texts(project).items():
        for file in FILE.findall(text):
            path = file.rstrip("/")
            there = any(fnmatch(each, path) or fnmatch(each, f"*/{path}") for each in known)
            made = any(fnmatch(file, pattern) for pattern in MADE) or file == WRITTEN.get(name)
            assert there or made, f"{name} names {file}"


def test_no_folder_is_empty(tmp_path: Path) -> None:
    project = render(tmp_path / "p")
    assert [folder for folder in project.rglob("*") if folder.is_dir() and not any(folder.iterdir())] == []
