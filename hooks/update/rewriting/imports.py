"""Rewrites import statements: the names that are imported keep the names they have in the file."""

import ast
import re
from dataclasses import dataclass

from . import statements
from .names import Names, relative
from .repeating import Rewritten
from .source import Source
from .statements import Item

MODULE = re.compile(r"from(?P<gap>[\s\\]*)(?P<module>\.[.\s\\\w]*?|\w[\w.]*?)(?P<after>[\s\\]*)\bimport\b")


@dataclass
class Imports:
    """The import statements of a file.

    Attributes:
        source: The file.
        names: The moves.
        old: The package that the file was in.
        new: The package that it is in.
        used: For a module that was split and is imported as a whole: the modules that its used names went to, with
            their names in this file, by its name in this file.
        done: What was changed.
    """

    source: Source
    names: Names
    old: list[str]
    new: list[str]
    used: dict[str, dict[str, str]]
    done: Rewritten

    def absolute(self, node: ast.ImportFrom) -> str | None:
        """Returns the full name of what a statement imports from."""
        if not node.level:
            return node.module
        if node.level > len(self.old):
            return None
        parts = self.old[: len(self.old) - node.level + 1]
        return ".".join([*parts, *([node.module] if node.module else [])])

    def plain(self, node: ast.Import) -> None:
        """Rewrites `import a.b`."""
        for alias in node.names:
            places = self.names.places(alias.name)
            if alias.name not in self.names.modules and alias.name not in self.names.names:
                continue
            start, _ = self.source.span(alias)
            self.done.changes[alias.name] = ", ".join(places)
            if alias.asname:
                used = self.used.get(alias.asname, {})
                places = [f"{place} as {local}" for place, local in used.items()] or [f"{places[0]} as {alias.asname}"]
                start, end = self.source.span(alias)
                self.source.edits[start, end] = ", ".join(places)
            else:
                self.source.edits[start, start + len(alias.name)] = ", ".join(places)

    def items(self, base: str, alias: ast.alias, line: int) -> list[Item]:
        """Returns what an imported name is imported by after the moves."""
        local = alias.asname or alias.name
        if alias.name == "*":
            return [(place, "*", "*") for place in self.names.places(base)] or [(base, "*", "*")]
        whole = f"{base}.{alias.name}"
        if whole in self.names.names and local in self.used:
            return [(*_cut(place), name) for place, name in self.used[local].items()]
        if whole in self.names.names and whole in self.names.alive and whole not in self.names.modules:
            return [(base, alias.name, local)]
        new = self.names.find(whole)
        if new is None:
            self.done.must(line, whole, self.names.places(whole if whole in self.names.dead else base))
            return [(base, alias.name, local)]
        return [(*_cut(new), local)]

    def from_(self, node: ast.ImportFrom) -> None:
        """Rewrites `from a import b`, into several statements where the names went to several modules."""
        base = self.absolute(node)
        if base is None:
            return
        groups: dict[str, dict[int, list[Item]]] = {}
        for at, alias in enumerate(node.names):
            for item in self.items(base, alias, node.lineno):
                groups.setdefault(item[0], {}).setdefault(at, []).append(item)
        changed = False
        for module, rows in groups.items():
            for at, items in rows.items():
                changed |= self._change(base, node.names[at].name, [(module, name) for _, name, _ in items])
        match = MODULE.match(self.source.of(node))
        if match is None or (not changed and (not node.level or self.old == self.new)):
            return
        first = base if base in groups else next(iter(groups))
        start, _ = self.source.span(node)
        text = self._name(first, node)
        if re.sub(r"[\s\\]", "", match["module"]) != text:
            edit = f"{'' if match['gap'] else ' '}{text}{'' if match['after'] else ' '}"
            self.source.edits[start + match.start("module"), start + match.end("module")] = edit
        statements.keep(self.source, node, groups.pop(first))
        others = [
            (self._name(module, node), [statements.item(i) for row in rows.values() for i in row])
            for module, rows in groups.items()
        ]
        statements.add(self.source, node, others)

    def _change(self, base: str, name: str, places: list[tuple[str, str]]) -> bool:
        """Notes a change by the module where the module moved, and by the name where only that went."""
        changed = [place for place in places if place != (base, name)]
        for module, new in changed:
            whole = f"{base}.{name}"
            if self.names.modules.get(base) == module and new == name:
                self.done.changes[base] = module
            else:
                self.done.changes[whole] = f"{module}.{new}"
        return bool(changed)

    def _name(self, module: str, node: ast.ImportFrom) -> str:
        return (relative(module, self.new) if node.level else None) or module


def _cut(dotted: str) -> tuple[str, str]:
    module, _, name = dotted.rpartition(".")
    return module, name
