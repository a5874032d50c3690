"""A made-up next release of this working tree, in which every file of the template changed, and updates to it."""

import re
from pathlib import Path

from release import archive
from support.guard_process import Inner
from support.rendered_project import ANSWERS, ROOT, Project
from support.template_origin import FIRST, SECOND, Origin, commit, git


def comment(path: str) -> str:
    """Returns the line that the release writes on top of a file."""
    text = "the next release"
    return f"<!-- {text} -->\n" if path.endswith(".md") else f"# {text}\n"


def released(folder: Path) -> Origin:
    """Makes a repository of the template with two releases: as it is, and with one more line on top of each file."""
    folder.mkdir()
    origin = Origin(archive.unpacked(ROOT, folder))
    git(folder, "init", "--quiet", "--initial-branch=main")
    origin.release(FIRST, {})
    for path in sorted((folder / "template").rglob("*")):
        name = path.name.removesuffix(".jinja")
        if path.is_file() and path.stat().st_size and not re.search("answers_file|LICENSE|json$", name):
            path.write_text(comment(name) + path.read_text(encoding="utf-8"), encoding="utf-8")
    origin.release(SECOND, {})
    return origin


def updated(project: Project, folder: Path) -> dict[str, str]:
    """Updates a project of this working tree to the next release, without a conflict; returns what happened to files.

    Args:
        project: Rendered from this working tree; what it holds is committed.
        folder: For the template.
    """
    origin = released(folder)
    told = {
        "_commit": FIRST,
        "_src_path": str(origin.path),
        "_commit_id": git(origin.path, "rev-parse", "HEAD~1").strip(),
    }
    path = project.path / ANSWERS
    kept = [line for line in path.read_text(encoding="utf-8").splitlines() if line.partition(":")[0] not in told]
    path.write_text("\n".join([*kept, *(f"{name}: '{text}'" for name, text in told.items())]) + "\n", encoding="utf-8")
    commit(project.path, "recorded source")
    before = {name: (project.path / name).read_bytes() for name in git(project.path, "ls-files").splitlines()}
    verdicts = Inner(project.path, origin).update()
    lost = [
        name
        for name in sorted(before)
        if name in verdicts and name != ANSWERS and not _kept(before[name], project.path / name)
    ]
    assert not lost, f"lines are gone from {lost}"
    return verdicts


def _kept(before: bytes, path: Path) -> bool:
    """Whether a file is what it was below the line of the release."""
    return path.read_bytes().endswith(before)
