"""Carries edits of a file that was split into the files that its names went to."""

import ast
import re
from dataclasses import dataclass, field

from rewriting.rows import Row
from rewriting.source import Source, Span

MAIN = "__main__"


def blocks(text: str) -> dict[str, Span] | None:
    """Returns where each top-level name of a module is defined, comments right above it included."""
    try:
        source = Source(text, ast.parse(text))
    except (SyntaxError, ValueError):
        return None
    spots = {}
    for node in source.tree.body:
        name = _name(node)
        if name is None or name in spots:
            continue
        first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
        start = source.at(first, 0)
        while (before := text[: max(start - 1, 0)].rpartition("\n")[2]).startswith("#") and start:
            start -= len(before) + 1
        _, end = source.line_of(node)
        spots[name] = (start, end)
    return spots


def _name(node: ast.stmt) -> str | None:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return node.name
    if isinstance(node, ast.If) and ast.unparse(node.test).startswith("__name__ == "):
        return MAIN
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return targets[0].id if len(targets) == 1 and isinstance(targets[0], ast.Name) else None


@dataclass
class Split:
    """A file that was split.

    Attributes:
        base: What is left of the recorded version's text in the old file.
        ours: What is left of the project's.
        places: For each new file with edits of the project's, what it was before them and with them.
        edited: Names whose edits went along, by new file.
        deleted: Names that the project's file has no longer, by new file.
    """

    base: str
    ours: str
    places: dict[str, tuple[str, str]] = field(default_factory=dict)
    edited: dict[str, list[str]] = field(default_factory=dict)
    deleted: dict[str, list[str]] = field(default_factory=dict)

    @property
    def rest_is_edited(self) -> bool:
        """Whether what is left of the project's text has edits too, blank lines aside."""
        return _lines(self.base) != _lines(self.ours)


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def split(row: Row, base: str, ours: str, theirs: dict[str, tuple[str, str]]) -> Split:
    """Carries the definitions that a release moved out of a file.

    Args:
        row: Where the names went.
        base: The file in the recorded version.
        ours: The file in the project.
        theirs: New files that neither had, with their text in the new version, twice: to be filled for both sides.
    """
    before, here = blocks(base), blocks(ours)
    if before is None or here is None:
        return Split(base, ours)
    places: dict[str, tuple[str, str]] = {}
    edited: dict[str, list[str]] = {}
    deleted: dict[str, list[str]] = {}
    carried = []
    for name, (place, into) in row.names.items():
        new = places.get(place) or theirs.get(place, ("", ""))
        spots = blocks(new[0]) or {}
        if name not in before or into not in spots:
            continue
        old = base[slice(*before[name])]
        own = ours[slice(*here[name])] if name in here else old
        carried.append(name)
        if name not in here:
            deleted.setdefault(place, []).append(name)
        old, own = (_like(new[0], block) for block in (old, own))
        if own.rstrip() != old.rstrip():
            edited.setdefault(place, []).append(name)
            first, second = (
                _put(text, into, _renamed(block, name, into)) for text, block in zip(new, (old, own), strict=True)
            )
            places[place] = (first, second)
    return Split(_without(base, before, carried), _without(ours, here, carried), places, edited, deleted)


def _like(text: str, block: str) -> str:
    """Returns a definition with the line ends of the file that it goes to."""
    return block.replace("\r\n", "\n").replace("\n", "\r\n" if "\r\n" in text else "\n")


def _put(text: str, name: str, block: str) -> str:
    spots = blocks(text) or {}
    start, end = spots[name]
    return f"{text[:start]}{block.rstrip()}{text[start:end][len(text[start:end].rstrip()) :]}{text[end:]}"


def _renamed(block: str, old: str, new: str) -> str:
    return block if old in (new, MAIN) else re.sub(rf"(?<![\w.]){re.escape(old)}(?!\w)", new, block)


def _without(text: str, spots: dict[str, Span], names: list[str]) -> str:
    """Takes definitions out, each with the blank lines after it."""
    for start, end in sorted((spots[name] for name in names if name in spots), reverse=True):
        rest = re.compile(r"(?:[ \t]*\r?\n)*").match(text, end)
        text = text[:start] + text[rest.end() if rest else end :]
    return text
