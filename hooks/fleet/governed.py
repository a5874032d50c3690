"""Governed files: which of them differ from the template's, and who changed them last."""

from collections.abc import Iterable, Sequence
from typing import Any

from hosting.git import attempt
from hosting.repositories import Repository
from pathspec import GitIgnoreSpec


def differing(
    row: dict[str, Any], patterns: Sequence[str], repository: Repository, prefix: str, commit: str
) -> list[dict[str, str]]:
    """Returns the governed files that are edited or missing in a project.

    Args:
        row: What the guard says of the project.
        patterns: Which files are governed, as in `.gitignore`.
        repository: The project's repository.
        prefix: The way from its top to the project.
        commit: The commit that the guard looked at.

    Returns:
        For each file its `path`, whether it is `edited` or `missing`, and `by` whom and `on` which day that was.
    """
    governed = GitIgnoreSpec.from_lines(patterns)
    return [
        {"path": path, "state": state, **_last(repository, f"{prefix}{path}", commit)}
        for state in ("edited", "missing")
        for path in governed.match_files(_paths(row.get(state)))
    ]


def _paths(value: Any) -> Iterable[str]:
    return value if isinstance(value, list) else []


def _last(repository: Repository, path: str, commit: str) -> dict[str, str]:
    wanted = ("log", "-1", "--format=%an%x00%as", commit, "--", f":(top,literal){path}")
    by, _, day = attempt(repository.top, *wanted).stdout.decode(errors="replace").strip().partition("\0")
    return {"by": by, "on": day}
