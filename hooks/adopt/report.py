"""Says what an adoption does or did, for people and for machines."""

from dataclasses import asdict
from typing import Any

from adopt.draft import Draft
from adopt.sides.rendering import Rendered

DONE, NOTHING_TO_DO, NEEDS_A_PERSON = 0, 2, 3


def code(draft: Draft) -> int:
    """Returns the exit code: 0 adopted, 3 adopted, but a person must look at something before it works."""
    return NEEDS_A_PERSON if any(row.person for row in draft.rows) else DONE


def as_tree(draft: Draft, rendered: Rendered, branch: str, commit: str | None) -> dict[str, Any]:
    """Returns all that can be said, as JSON has it; without a commit it was a dry run."""
    return {
        "repository": str(draft.repository.top),
        "template": rendered.answers.get("_src_path"),
        "version": rendered.version,
        "package": draft.package,
        "branch": branch,
        "commit": commit,
        "exit": code(draft),
        "rows": [asdict(row) for row in draft.rows],
    }


def as_text(draft: Draft, rendered: Rendered, branch: str, commit: str | None) -> str:
    """Returns it as lines to read."""
    new = [row.path for row in draft.rows if row.verdict == "new"]
    tops = sorted({path.split("/")[0] + ("/" if "/" in path else "") for path in new})
    lines = [f"adopt template {rendered.version} in {draft.repository.top}, new package src/{draft.package}/"]
    lines.append(f"  new       {len(new)} files: {', '.join(tops)}")
    same: dict[tuple[str, str, bool], list[str]] = {}
    for row in draft.rows:
        same.setdefault((row.verdict, row.reason, row.person), []).append(row.path)
    for (verdict, reason, person), paths in same.items():
        if verdict != "new":
            lines.append(f"  {verdict:9} {', '.join(paths)}{': ' if reason else ''}{'(!) ' if person else ''}{reason}")
    waiting = sum(row.person for row in draft.rows)
    if waiting:
        lines.append(f"{waiting} row{'s' if waiting > 1 else ''} marked (!) need{'' if waiting > 1 else 's'} a person")
    if commit is None:
        return "\n".join([*lines, "dry run, nothing is written"])
    setup = "make setup"
    if any(row.verdict == "command" and row.path == "setup" for row in draft.rows):
        setup = f"make -f {draft.place('Makefile')} setup"
    lines.append(f"committed to the new branch {branch} ({commit:.9}); your files and your branch are as they were")
    lines.append(f"next: git switch {branch} && {setup}; to undo it: git branch -D {branch}")
    return "\n".join(lines)
