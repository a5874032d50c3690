"""A git repository of both releases, and a project of the last one, with no settings of the person or the machine."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from release.rendering import Rendering
from release.step import Step
from release.template import ANSWERS_FILE

FOREIGN = ("GIT_", "COPIER_", "UV_PROJECT", "VIRTUAL_ENV")
ENVIRONMENT = {
    **{key: text for key, text in os.environ.items() if not key.startswith(FOREIGN)},
    **{f"GIT_{role}_{what}": "a@b.c" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


def git(folder: Path, *arguments: str) -> None:
    """Runs git.

    Raises:
        CalledProcessError: It failed.
    """
    command = ("git", "-C", str(folder), *arguments)
    subprocess.run(command, env=ENVIRONMENT, check=True, capture_output=True)  # noqa: S603


def commit(folder: Path, message: str) -> None:
    """Commits everything in a folder."""
    git(folder, "add", "--all", "--force")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)


def releases(step: Step, folder: Path, versions: tuple[str, str]) -> Path:
    """Makes a repository with a commit and a tag for each of both releases."""
    folder.mkdir()
    git(folder, "init", "--quiet")
    for template, version in zip((step.last.template, step.new), versions, strict=True):
        for path in folder.iterdir():
            if path.name != ".git":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(template.folder, folder, dirs_exist_ok=True)
        commit(folder, version)
        git(folder, "tag", version)
    return folder


def project(rendering: Rendering, folder: Path, source: Path, version: str) -> Path:
    """Writes what a new project of the last release has, as if it had been copied from a repository."""
    for name, file in rendering.sources.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if rendering.rendered(name):
            path.write_text(rendering.text(name), encoding="utf-8")
        else:
            shutil.copy(file, path)
    answers = folder / ANSWERS_FILE
    record = f"_commit: {version}\n_src_path: {source}"
    text = re.sub(r"(?m)^_src_path:.*(?:\n +.*)*$", lambda _: record, answers.read_text(encoding="utf-8"))
    answers.write_text(text, encoding="utf-8")
    git(folder, "init", "--quiet")
    commit(folder, "copied")
    return folder
