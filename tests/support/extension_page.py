"""Does in a project what its `docs/extend.md` says: takes the code blocks of the page, so that they are executed."""

import ast
import re
import shlex
from dataclasses import dataclass

from support.rendered_project import Project

PAGE = "docs/extend.md"
BLOCK = r"(?ms)(?:^`([^`\n]+)`\n\n)?^```(\w+)\n(.*?)^```$"


@dataclass(frozen=True)
class Block:
    """A code block of the page: the file that the line before it names, its language, and its text."""

    file: str
    language: str
    text: str


def sections(project: Project) -> dict[str, list[Block]]:
    """Returns the edits of the page by title."""
    parts = re.split(r"(?m)^## ", project.read(PAGE))[1:]
    return {part.splitlines()[0]: [Block(*found) for found in re.findall(BLOCK, part)] for part in parts}


def names(node: ast.stmt) -> set[str]:
    """Returns the names that a statement defines."""
    if isinstance(node, ast.FunctionDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}


def python(text: str, block: str) -> str:
    """Returns a module with a block: what it defines replaces what has its name, imports come first, the rest last."""
    if not text:
        return block
    lines, new = text.splitlines(), block.splitlines()
    for node in ast.parse(block).body:
        code = new[node.lineno - 1 : node.end_lineno]
        module = ast.parse("\n".join(lines)).body
        imports = [one for one in module if isinstance(one, ast.Import | ast.ImportFrom)]
        same = [one for one in module if names(one) & names(node)]
        if isinstance(node, ast.Import | ast.ImportFrom):
            lines[imports[0].lineno - 1 : imports[0].lineno - 1] = code
        elif same:
            lines[same[0].lineno - 1 : same[0].end_lineno] = code
        else:
            lines += ["", "", *code]
    return "\n".join(lines) + "\n"


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _end(lines: list[str], start: int, least: int) -> int:
    """Returns where the lines end that are indented by at least so much, without what is blank or a comment."""
    end = start
    for at in range(start, len(lines)):
        if lines[at].strip() and not lines[at].lstrip().startswith("#"):
            if _indent(lines[at]) < least:
                break
            end = at + 1
    return end


def _place(lines: list[str], path: list[str]) -> tuple[int, int]:
    """Returns where the lines of a section begin and end."""
    start, end = 0, len(lines)
    for key in path:
        start = next(n for n in range(start, end) if lines[n].startswith(f"{key}:")) + 1
        end = _end(lines, start, _indent(key) + 1)
    return start, end


def yaml(text: str, block: str) -> str:
    """Returns a file with the values of a block; comments stay, and a new key comes last in its section."""
    lines, new, at, path = text.splitlines(), block.splitlines(), 0, list[str]()
    while at < len(new):
        key, _, value = new[at].partition(":")
        path = [parent for parent in path if _indent(parent) < _indent(key)]
        start, end = _place(lines, path)
        there = next((n for n in range(start, end) if lines[n].startswith(f"{key}:")), None)
        if there is None:
            last = _end(new, at + 1, _indent(key) + 1)
            lines[end:end] = ["", *new[at:last]]
            at = last
            continue
        if value:
            _, mark, comment = lines[there].partition(" # ")
            lines[there] = f"{new[at]}{mark}{comment}"
        path, at = [*path, key], at + 1
    return "\n".join(lines) + "\n"


def follow(project: Project, *titles: str) -> None:
    """Makes the edits of some sections."""
    for block in (block for title in titles for block in sections(project)[title]):
        if block.language == "bash":
            for line in block.text.splitlines():
                project.run(*shlex.split(line))
            continue
        path = project.path / block.file
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        path.write_text({"python": python, "yaml": yaml}[block.language](text, block.text), encoding="utf-8")
    project.run("uv", "run", "ruff", "check", "--fix", "--quiet", "src")
    project.run("uv", "run", "ruff", "format", "--quiet", "src")


def of_the_project(project: Project) -> list[str]:
    """The tests that see an edit of the project: the others import what no edit changes, and know no `project`."""
    importing = re.compile(rf"(?m)^from {project.package}(\.\w+)* import (.*\b)?project\b")
    paths = [path for path in project.path.glob("tests/**/test_*.py") if importing.search(path.read_text("utf-8"))]
    assert len(paths) > 5
    return [path.relative_to(project.path).as_posix() for path in paths]
