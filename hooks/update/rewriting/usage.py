"""Follows what a file does with modules: `package.module.name`, and names of a module that was split."""

import ast
from dataclasses import dataclass, field
from functools import cached_property

from .names import Names
from .repeating import Rewritten
from .source import Source

Placed = dict[str, dict[str, str]]


@dataclass
class Usage:
    """The places where a file uses modules.

    Attributes:
        source: The file.
        names: The moves.
        done: What was changed.
        used: For each name in this file of a split module: the modules that its used names went to, and their names.
    """

    source: Source
    names: Names
    done: Rewritten
    used: Placed = field(default_factory=dict)

    @cached_property
    def _taken(self) -> set[str]:
        nodes = self.source.nodes
        taken = {node.id for node in nodes if isinstance(node, ast.Name)} | self.source.bound
        return taken | {(node.asname or node.name).split(".")[0] for node in nodes if isinstance(node, ast.alias)}

    def _local(self, module: str, local: str, place: str, leaf: str) -> str:
        known = self.used.setdefault(local, {})
        if place not in known:
            known[place] = local if place == module else leaf
            if leaf in self._taken and place != module:
                known[place] = leaf if leaf == local else f"{local}_{leaf}"
            self._taken.add(known[place])
        return known[place]

    def split(self, imported: dict[str, str]) -> None:
        """Rewrites `files.count()` where `files` is a module that was split.

        Args:
            imported: Split modules that the file imports as a whole, by their name in it.
        """
        if not imported:
            return
        parents = {child: node for node in self.source.nodes for child in ast.iter_child_nodes(node)}
        for node in self.source.nodes:
            if isinstance(node, ast.Name) and node.id in imported and isinstance(node.ctx, ast.Load):
                self._use(node, imported[node.id], parents)
        for local, module in imported.items():
            self._rest(local, module)

    def _use(self, node: ast.Name, module: str, parents: dict[ast.AST, ast.AST]) -> None:
        names, parent = self.names.names[module], parents[node]
        attribute = parent.attr if isinstance(parent, ast.Attribute) else None
        text = None
        if isinstance(parent, ast.Call) and node in parent.args:  # setattr(files, "count", ...)
            following = parent.args[parent.args.index(node) + 1 :][:1]
            text = next((word.value for word in following if isinstance(word, ast.Constant)), None)
        name = attribute or text
        target = node if attribute is None else parent
        expected = node.id if attribute is None else f"{node.id}.{attribute}"
        followed = isinstance(name, str) and name in names and node.id not in self.source.bound
        if not followed or not isinstance(target, ast.expr) or self.source.of(target) != expected:
            self._keep(node, module, name if isinstance(name, str) else None)
            return
        place, into = names[str(name)]
        local = self._local(module, node.id, place, place.rpartition(".")[2])
        if attribute is not None:
            self.source.edits[self.source.span(parent)] = f"{local}.{into}"  # type: ignore[arg-type]
        elif into == text:
            self.source.edits[self.source.span(node)] = local
        else:
            self.done.must(node.lineno, f"{module}.{text}", [f"{place}.{into}"])
        self.done.changes[f"{module}.{name}"] = f"{place}.{into}"

    def _keep(self, node: ast.Name, module: str, name: str | None) -> None:
        """Keeps the module's own name for what did not leave it, or says that nothing can be known."""
        rest = self.names.modules.get(module, module if module in self.names.alive else None)
        unknown = name is None or (name in self.names.names[module] and node.id in self.source.bound)
        if rest is None or unknown:
            what = f"{module}.{name}" if name else f"{module}, which is used as a whole,"
            self.done.must(node.lineno, what, self.names.places(module))
        self.used.setdefault(node.id, {}).setdefault(rest or module, node.id)

    def _rest(self, local: str, module: str) -> None:
        if local not in self.used:
            places = self.names.places(module)
            self.used[local] = {places[0]: local} if places else {}

    def chains(self) -> None:
        """Rewrites `package.module.name` where the package was imported."""
        imported = {
            alias.name.split(".")[0]
            for node in self.source.nodes
            if isinstance(node, ast.Import)
            for alias in node.names
            if not alias.asname
        } & self.names.roots
        if not imported:
            return
        inner: set[ast.AST] = set()
        for node in self.source.nodes:
            if not isinstance(node, ast.Attribute) or node in inner:
                continue
            inner |= set(ast.walk(node.value))
            dotted = _dotted(node)
            if dotted is None or dotted.split(".")[0] not in imported - self.source.bound:
                continue
            new = self.names.find(dotted)
            if new == dotted:
                continue
            if new is None or self.source.of(node) != dotted:
                self.done.must(node.lineno, dotted, self.names.places(dotted.rpartition(".")[0]))
                continue
            self.source.edits[self.source.span(node)] = new
            self.done.changes[dotted] = new


def _dotted(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value)
        return before and f"{before}.{node.attr}"
    return None
