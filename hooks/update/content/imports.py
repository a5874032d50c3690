"""Own imports, resolved from the text of the modules: which of them an update breaks."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import PurePosixPath

Files = dict[str, bytes]
ANYTHING = "*"
BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


@cache
def names(text: bytes) -> frozenset[str]:
    """Returns the names that a module defines; `*` is among them where that can't be told from its text."""
    try:
        body: list[ast.AST] = list(ast.parse(text).body)
    except (SyntaxError, ValueError):
        return frozenset({ANYTHING})
    found: set[str] = set()
    while body:
        node = body.pop()
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                found.add(ANYTHING if node.name == "__getattr__" else node.name)
            case ast.Import() | ast.ImportFrom():
                found |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
            case ast.Name(ctx=ast.Store()):
                found.add(node.id)
            case _:
                body += ast.iter_child_nodes(node)
    return frozenset(found)


def packages(files: Files) -> set[str]:
    """Returns the names of the packages below `src/`."""
    return {path.split("/")[1] for path in files if path.startswith("src/") and path.count("/") > 1}


class Tree:
    """The modules of a project at one moment."""

    def __init__(self, files: Files, own: set[str]) -> None:
        """Takes the Python files by path, and the names of the own packages."""
        self.files = files
        self.folders = {str(folder) for path in files for folder in PurePosixPath(path).parents}
        self.packages = own

    def _text(self, place: str) -> bytes | None:
        return self.files.get(f"{place}.py", self.files.get(f"{place}/__init__.py"))

    def has(self, place: str, name: str | None) -> bool:
        """Tells whether there is a module at a path without suffix, and a name in it."""
        text = self._text(place)
        if name is None or (text is None and place not in self.folders):
            return text is not None or place in self.folders
        below = f"{place}/{name}"
        defined = names(text) if text is not None else frozenset()
        return bool({name, ANYTHING} & defined) or self._text(below) is not None or below in self.folders

    def imports(self, path: str) -> Iterator[tuple[str, str | None]]:
        """Yields the own modules that a file imports, as paths without suffix, and the names from them."""
        for node in _imports(self.files[path]):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    if alias.name.split(".")[0] in self.packages:
                        yield f"src/{alias.name.replace('.', '/')}", None
            else:
                place = self._place(path, node)
                for alias in node.names if place is not None else []:
                    yield str(place), None if alias.name == ANYTHING else alias.name

    def _place(self, path: str, node: ast.ImportFrom) -> str | None:
        inner = (node.module or "").replace(".", "/")
        if not node.level:
            return f"src/{inner}" if inner.split("/")[0] in self.packages else None
        folders = PurePosixPath(path).parents
        return str(folders[node.level - 1] / inner) if node.level <= len(folders) else None


def lost(before: Files, after: Files, touched: set[str], unread: set[str]) -> dict[str, str]:
    """Returns the files whose own imports resolved before an update and don't after it, each with a sentence.

    Args:
        before: Python files before.
        after: Python files after.
        touched: Those that the update adds, changes or removes.
        unread: Files not to look into.
    """
    own = packages(before) | packages(after)
    old, new = Tree(before, own), Tree(after, own)
    poorer = {path for path in touched & before.keys() if not _keeps(before[path], after.get(path))}
    words = {_word(path).encode() for path in poorer}
    found = {}
    for path in sorted(after.keys() - unread):
        if path not in touched and not any(word in after[path] for word in words):
            continue
        gone = [each for each in new.imports(path) if not new.has(*each)]
        if gone and path in before:
            known = set(old.imports(path))
            gone = [each for each in gone if each not in known or old.has(*each)]
        if gone:
            place, name = gone[0]
            module = place.removeprefix("src/").replace("/", ".")
            found[path] = f"imports {f'{name} from ' if name else ''}{module}, which is not there after this update"
    return found


def _keeps(text: bytes, later: bytes | None) -> bool:
    return later is not None and names(text) <= names(later)


def _word(path: str) -> str:
    place = PurePosixPath(path)
    return place.parent.name if place.name == "__init__.py" else place.stem


@cache
def _imports(text: bytes) -> tuple[ast.Import | ast.ImportFrom, ...]:
    """Returns the imports of a module, those in its functions too; none of one that can't be read."""
    try:
        body: list[ast.AST] = list(ast.parse(text).body)
    except (SyntaxError, ValueError):
        return ()
    found = []
    while body:
        node = body.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            found.append(node)
        for block in BLOCKS:  # an import is a statement, and a tenth of the nodes are
            body += getattr(node, block, ())
    return tuple(reversed(found))
