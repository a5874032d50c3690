"""Does in a project what its `docs/extend.md` says: takes the code blocks of the page, so that they are executed."""

import ast
import re

from support.rendered_project import Project

PAGE = "docs/extend.md"


def sections(project: Project) -> dict[str, tuple[str, list[str]]]:
    """The edits of the page that have code: by title, the file and the blocks."""
    parts = re.split(r"(?m)^## ", project.read(PAGE))[1:]
    found = {part.splitlines()[0]: re.findall(r"(?ms)^```python\n(.*?)^```$", part) for part in parts}
    files = {part.splitlines()[0]: re.findall(r"(?m)^`(\w+\.py)`\.", part) for part in parts}
    return {title: (files[title][0], blocks) for title, blocks in found.items() if blocks}


def names(node: ast.stmt) -> set[str]:
    """The names that a statement defines."""
    if isinstance(node, ast.FunctionDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}


def edited(text: str, block: str) -> str:
    """Returns a module with a block: what it defines replaces what has its name, imports come first, the rest last."""
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


def follow(project: Project, title: str) -> None:
    """Makes the edit of a section."""
    file, blocks = sections(project)[title]
    path = project.path / "src" / project.package / file
    for block in blocks:
        path.write_text(edited(path.read_text(encoding="utf-8"), block), encoding="utf-8")
    project.run("uv", "run", "ruff", "check", "--fix", "--quiet", "src")
    project.run("uv", "run", "ruff", "format", "--quiet", "src")
