"""Names the libraries that a model needs wherever it is loaded: in the service, by MLflow, for batch predictions."""

import ast
import json
import zipfile
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import packages_distributions, version
from importlib.util import find_spec, resolve_name
from pathlib import Path
from typing import Any

from ..core.paths import MODEL

LOADING = ("numpy", "pandas", "scikit-learn", "skops")


def _modules(node: Any) -> Iterator[str]:
    """Yields the modules of all types and functions of a skops file."""
    if isinstance(node, dict):
        yield from (node[key] for key in ("__module__", "module_path") if isinstance(node.get(key), str))
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _modules(child)


def _imported(module: str) -> set[str]:
    """Returns the modules that a module of this package imports."""
    try:
        spec = find_spec(module)
    except ModuleNotFoundError:  # a name in a module
        return set()
    if spec is None or spec.origin is None:
        return set()
    names = set()
    for node in ast.walk(ast.parse(Path(spec.origin).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            source = resolve_name("." * node.level + (node.module or ""), spec.parent)
            names |= {source, *(f"{source}.{alias.name}" for alias in node.names)}
    return names


@cache
def _distributions() -> Mapping[str, list[str]]:
    """Returns which distributions each module belongs to: a second of reading files."""
    return packages_distributions()


def libraries(path: Path = MODEL) -> dict[str, str]:
    """Returns the distributions that a skops file needs, by name, with their versions here.

    They are those of its types and, for own functions such as a derived column, those that their modules import.
    """
    with zipfile.ZipFile(path) as packed:
        new = set(_modules(json.loads(packed.read("schema.json"))))
    package, seen = __name__.partition(".")[0], set[str]()
    while new:
        seen |= new
        new = set[str]().union(*(_imported(name) for name in new if name.partition(".")[0] == package)) - seen
    installed = _distributions()
    roots = {name.partition(".")[0] for name in seen} - {package}
    names = {*LOADING, *(distribution for root in roots for distribution in installed.get(root, []))}
    return {name: version(name) for name in sorted(names)}
