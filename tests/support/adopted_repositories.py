"""Repositories of the four shapes that adopted the layout, and their hooks, run without pre-commit."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from adopt.command import main
from support import legacy_repositories
from support.rendered_project import ROOT
from support.template_origin import ENVIRONMENT, git


@pytest.fixture(scope="session")
def adopted(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the four repositories, each on the branch of its adoption. Read them, never change them: copy."""
    folder = tmp_path_factory.mktemp("adopted")
    with pytest.MonkeyPatch.context() as patch:
        for name, text in ENVIRONMENT.items():
            patch.setenv(name, text)
        for name in legacy_repositories.SHAPES:
            repository = legacy_repositories.make(name, folder)
            assert main([str(repository), "--template", str(pristine / "template")]) == 0
            git(repository, "switch", "--quiet", "adopt-layout")
    return folder


@pytest.fixture(params=sorted(legacy_repositories.SHAPES))
def repository(request: pytest.FixtureRequest, adopted: Path, tmp_path: Path) -> Path:
    """A copy of one of them, to be changed."""
    shutil.copytree(adopted / request.param, tmp_path / request.param, symlinks=True)
    return tmp_path / request.param


def hook(repository: Path, name: str, *some: str) -> subprocess.CompletedProcess[str]:
    """Runs one of the template's hooks as pre-commit does, on all files or some of them."""
    config = next(
        path for path in (".template/pre-commit.yaml", ".pre-commit-config.yaml") if (repository / path).exists()
    )
    repos = yaml.safe_load((repository / config).read_text(encoding="utf-8"))["repos"]
    found: dict[str, Any] = next(one for repo in repos for one in repo["hooks"] if one["id"] == name)
    words = shlex.split(found["entry"].removeprefix("uv run "))
    words[0] = str(ROOT / ".venv/bin" / words[0])
    ends = (".py", ".pyi") if "types_or" in found else ("",)
    exclude = re.compile(found.get("exclude", "^$"))
    listed = some or git(repository, "ls-files", "-z").split("\0")
    files = [path for path in listed if path and path.endswith(ends) and not exclude.search(path)]
    return subprocess.run([*words, *files], cwd=repository, capture_output=True, text=True, check=False)  # noqa: S603
