"""Where the imports of a project's own modules lead, and which lead nowhere, without running them."""

import ast
import functools
from collections.abc import Collection, Iterable

Files = dict[str, str]


class Resolver:
    """The modules of a project and their names."""

    def __init__(self, files: Files, package: str) -> None:
        """Reads all Python."""
        self.package = package
        code = {path: _parsed(text) for path, text in sorted(files.items()) if path.endswith(".py")}
        self.trees = {path: tree for path, (tree, _) in code.items()}
        self.paths = {_dotted(path): path for path in self.trees}
        self.names = {_dotted(path): names for path, (_, names) in code.items()}
        parts = [dotted.split(".") for dotted in self.names]
        self.modules = {".".join(names[:cut]) for names in parts for cut in range(1, len(names) + 1)}

    def unresolved(self) -> list[str]:
        """Returns the imports of the package's modules that name no module, or a name that the module doesn't have."""
        return [where for path, tree in self.trees.items() for where in self.missing(path, tree)]

    def missing(self, path: str, tree: ast.Module) -> list[str]:
        """Returns those of one file."""
        here = _dotted(path).split(".")[: None if path.endswith("__init__.py") else -1]
        missing = []
        for node in ast.walk(tree):
            for module, name in _imported(node, here):
                whole = f"{module}.{name}" if name else module
                known = whole in self.modules or name in self.names.get(module, set()) | {"*"}
                if module.split(".")[0] == self.package and not known:
                    missing.append(f"{path}:{getattr(node, 'lineno', 0)} {whole}")
        return missing

    def imports(self, path: str) -> set[str]:
        """Returns the files that a file may load: imports anywhere in it, each `__init__.py`, modules named in strings.

        Strings count because `import_module`, `find_spec` and `python -m` take names that no import statement shows.
        """
        here = _dotted(path).split(".")[: None if path.endswith("__init__.py") else -1]
        names = {_dotted(path)}
        for node in ast.walk(self.trees[path]):
            for module, name in _imported(node, here):
                names |= {module, f"{module}.{name}"}
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                names |= {node.value, f"{self.package}{node.value}"}
        parts = [name.split(".") for name in names]
        every = {".".join(words[:cut]) for words in parts for cut in range(1, len(words) + 1)}
        return {self.paths[name] for name in every if name in self.paths} - {path}

    def reached(self, starts: Iterable[str], *, closed: Collection[str] = ()) -> dict[str, str]:
        """Returns the files that are reached from some, each with the one that led there.

        Args:
            starts: Where to begin.
            closed: Files through which the walk does not go on.
        """
        found = {path: path for path in starts}
        waiting = [*found]
        while waiting:
            path = waiting.pop()
            new = (self.imports(path) if path not in closed else set()) - found.keys()
            found |= dict.fromkeys(new, path)
            waiting += sorted(new)
        return found


def unresolved(files: Files, package: str) -> list[str]:
    """Returns what a project imports from its package that is not there."""
    return Resolver(files, package).unresolved()


def _dotted(path: str) -> str:
    return path.removeprefix("src/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _imported(node: ast.AST, here: list[str]) -> list[tuple[str, str | None]]:
    if isinstance(node, ast.Import):
        return [(alias.name, None) for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    base = here[: len(here) - node.level + 1] if node.level else []
    module = ".".join([*base, *([node.module] if node.module else [])])
    return [(module, alias.name) for alias in node.names]


@functools.cache
def _parsed(text: str) -> tuple[ast.Module, set[str]]:
    """Returns a module's tree and the names that it has."""
    tree = ast.parse(text)
    return tree, _names(tree)


def _names(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    return names
