"""How much two texts are alike: by their lines, as git sees it, and by the names that Python files define."""

import ast
import functools
from collections import Counter
from collections.abc import Mapping
from pathlib import PurePosixPath

HALF = 0.5  # from here on Git takes a file for another one that was renamed
RELATED = 0.2  # from here on two files of one name are the same thing rewritten
ENTRY = {"main", "log"}  # every command of the package has them
EVERYWHERE = {"__init__.py", "__main__.py", "README.md", "kustomization.yaml"}


def share(old: str, new: str) -> float:
    """Returns how much of the longer text is in lines that both have, from 0 to 1."""
    before, after = Counter(old.splitlines(keepends=True)), Counter(new.splitlines(keepends=True))
    common = sum(len(line) * count for line, count in (before & after).items())
    return common / max(len(old), len(new), 1)


@functools.cache
def defined(text: str) -> frozenset[str]:
    """Returns the names that a module defines at its top, those that it imports left out; none if it is no Python."""
    try:
        body = ast.parse(text).body
    except SyntaxError:
        return frozenset()
    names: set[str] = set()
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}
    return frozenset(name for name in names if not name.startswith("__"))


def overlap(old: str, new: str) -> float:
    """Returns how many of the names that one module defines another one defines too, from 0 to 1."""
    names = defined(old) - ENTRY
    return len(names & defined(new)) / len(names) if len(names) > 1 else 0.0


def likeness(old: tuple[str, str], new: tuple[str, str]) -> float:
    """Returns how much a file, a path and a text, looks like what another one became."""
    alike = share(old[1], new[1])
    names = [PurePosixPath(path).name for path, _ in (old, new)]
    if old[0].endswith(".py") and new[0].endswith(".py"):
        alike = max(alike, overlap(old[1], new[1]))
    if names[0] == names[1] and names[0] not in EVERYWHERE and alike >= RELATED:
        alike = max(alike, HALF)
    return alike


def successor(path: str, text: str, gained: Mapping[str, str]) -> tuple[str, float] | None:
    """Returns the new file that an old one became, and how much they are alike; nothing if there is none."""
    alike = {name: likeness((path, text), (name, new)) for name, new in gained.items() if text.strip()}
    best = max(alike, key=lambda name: (alike[name], name), default=None)
    return (best, alike[best]) if best is not None and alike[best] >= HALF else None
