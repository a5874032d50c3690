"""The releases of this template as a git repository, a commit and a tag each, for the tests that update projects."""

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from release import answers, archive
from release.template import Template
from support.rendered_project import ROOT

IDENTITY = {
    f"GIT_{role}_{what}": text
    for role in ("AUTHOR", "COMMITTER")
    for what, text in (("NAME", "Ada"), ("EMAIL", "ada@example.com"), ("DATE", "2026-01-01T00:00:00+0000"))
}
# Whoever runs the tests may sign commits, convert line ends or have hooks; none of it belongs here.
NEUTRAL = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}


def git(folder: Path, *arguments: str) -> str:
    """Runs git with neutral settings and a fixed identity and date, so that the same files give the same commits."""
    foreign = ("GIT_", "COPIER_")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
    done = subprocess.run(  # noqa: S603
        ("git", "-C", str(folder), *arguments),  # noqa: S607
        env=kept | IDENTITY | NEUTRAL,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def commit(repository: Path, source: Path, tag: str) -> None:
    """Commits a template, a folder or an archive, as the whole content of a repository, and tags it."""
    for part in archive.PARTS:
        there = repository / part
        if there.is_dir():
            shutil.rmtree(there)
        else:
            there.unlink(missing_ok=True)
    archive.unpacked(source, repository)
    git(repository, "add", "--all", "--force")
    git(repository, "commit", "--quiet", "--allow-empty", "--message", tag)
    git(repository, "tag", "--annotate", tag, "--message", tag)


def repository(folder: Path, *, head: str | None = "9.0.0", releases: Path = archive.RELEASES) -> Path:
    """Makes a git repository of all released versions, oldest first, and of this working tree as the last one.

    Args:
        folder: Where to make it; it must not be there yet.
        head: The tag of the working tree; nothing, for released versions only.
        releases: The folder of the archives.
    """
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    for version, path in archive.released(releases).items():
        commit(folder, path, str(version))
    if head is not None:
        commit(folder, ROOT, head)
    return folder


def synthetic(releases: Path, tag: str, source: Path = ROOT) -> Path:
    """Writes a template, by default the working tree, as if it had been released, and returns the archive."""
    names = [
        path.relative_to(source).as_posix()
        for part in archive.PARTS
        for path in [source / part, *(source / part).rglob("*")]
        if path.is_file() and "__pycache__" not in path.parts
    ]
    releases.mkdir(parents=True, exist_ok=True)
    path = releases / f"{tag}{archive.SUFFIX}"
    path.write_bytes(archive.compressed(archive.packed(source, names)))
    return path


def profiles() -> dict[str, dict[str, Any]]:
    """The answers that most projects give: the defaults, or each preset of `maturity` where there is that question."""
    with TemporaryDirectory() as folder:
        template = Template(archive.unpacked(ROOT, Path(folder)))
        if "maturity" not in template.asked:
            return {"default": {}}
        return {name: {"maturity": name} for name in answers.choices(template, "maturity") if name != "custom"}


def pairwise() -> list[dict[str, Any]]:
    """Few answers in which all pairs of two questions' answers occur, for the working tree; none that is not asked."""
    with TemporaryDirectory() as folder:
        template = Template(archive.unpacked(ROOT, Path(folder)))
        remembered = [template.rendering(row).answers for row in answers.covering(template)]
        rows = [{name: row[name] for name in template.asked if name in row} for row in remembered]
        return [row for number, row in enumerate(rows) if row not in rows[:number]]
