"""What a team does to its project: it formats the code its way, writes its own README, and edits files."""

import subprocess
import sys
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

DIGITS = 12  # of the mark of a file
COMMENTED = {".py", ".yaml", ".yml", ".toml", ".mk", ""}
WIDTH = "88"  # characters; the template's own code is wider
REWRITTEN = ("README.md", ".github/CODEOWNERS")


def reformat(project: Path) -> int:
    """Formats all Python of a project by another width, and returns how many files that changed."""
    before = {path: path.read_bytes() for path in project.rglob("*.py")}
    ruff = (sys.executable, "-m", "ruff", "format", "--quiet", "--isolated", "--no-cache", "--line-length", WIDTH, ".")
    subprocess.run(ruff, cwd=project, check=True, capture_output=True)  # noqa: S603
    settings = project / "pyproject.toml"
    text = settings.read_text(encoding="utf-8") if settings.is_file() else ""
    if "\nline-length = " in text:
        head, _, rest = text.partition("\nline-length = ")
        settings.write_text(f"{head}\nline-length = {WIDTH}\n{rest.partition(chr(10))[2]}", encoding="utf-8")
    return sum(path.read_bytes() != content for path, content in before.items())


def rewrite(project: Path) -> None:
    """Replaces the files that every team writes itself."""
    for name in filter(lambda name: (project / name).is_file(), REWRITTEN):
        (project / name).write_text("# Ours\n\n* @acme/ours\n", encoding="utf-8")


def mark(project: Path, paths: Iterable[str]) -> list[str]:
    """Adds a line to each of these files where one can be added, and returns which."""
    marked = []
    for name in paths:
        path = project / name
        if path.suffix in COMMENTED and path.is_file():
            with path.open("a", encoding="utf-8") as file:
                file.write(f"{_line(name)}\n")
            marked.append(name)
    return marked


def marks(project: Path, name: str) -> list[str]:
    """Returns the files of a project that have the line which was added to one of them."""
    line = _line(name).encode()
    files = (path for path in project.rglob("*") if path.is_file() and ".git" not in path.relative_to(project).parts)
    return sorted(path.relative_to(project).as_posix() for path in files if line in path.read_bytes())


def _line(name: str) -> str:
    # No path and no name: the guard rewrites those of files that move.
    return f"# Edited by the team: {sha256(name.encode()).hexdigest()[:DIGITS]}"
