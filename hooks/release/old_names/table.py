"""The table of old names, from the lists of moves."""

import functools
import importlib
import json
import sys
from pathlib import Path
from typing import Any

from packaging.version import Version

from release import archive

RELEASES = 2  # for which old names work
MARK = "{package}"


@functools.cache
def guard(module: str) -> Any:
    """Returns a module of the update guard, whose reader of the lists is the only one."""
    folder = str(archive.ROOT / archive.GUARD)
    if folder not in sys.path:
        sys.path.append(folder)
    return importlib.import_module(module)


def rows(folder: Path) -> dict[str, Any]:
    """Returns the rows of the newest lists together.

    Raises:
        SystemExit: There is no list.
    """
    lists = guard("moves.lists")
    files = sorted(folder.glob("*.yaml"), key=lambda file: Version(file.stem))[-RELEASES:]
    if not files:
        sys.exit(f"{folder} has no list of moves, so there are no old names")
    composed: dict[str, Any] = {}
    for file in files:
        newest = lists.parse(file.read_text(encoding="utf-8"), str(file))
        # The last release's own names are old names too, also of a file that it had moved itself.
        composed = newest | lists.composed(composed, newest)
    return composed


def table(listed: dict[str, Any]) -> tuple[dict[str, str], dict[str, dict[str, str]], dict[str, str]]:
    """Returns modules, names and runs as `old_names.py` of a project reads them."""
    below = f"src/{MARK}/"
    module = functools.partial(_module, below=below)
    modules = {module(old): module(row.to) for old, row in listed.items() if old.startswith(below) and row.to}
    modules = {old: new for old, new in modules.items() if old and new and old != new}
    names = {
        module(old): {name: f"{module(place)}.{new}" for name, (place, new) in row.names.items()}
        for old, row in listed.items()
        if old.startswith(below) and row.names
    }
    # A module has one function that looks up what left it, under whichever of its names it is asked for.
    for old, new in modules.items():
        if new in names:
            names[new] = names.get(old, {}) | names[new]
    runs = {old.removesuffix(".__main__"): new for old, new in modules.items() if old.endswith(".__main__")}
    runs = {old: new.removesuffix(".__main__") for old, new in runs.items()}
    mains = {old: places.get("__main__") or places.get("main") for old, places in names.items()}
    runs |= {old: place.rpartition(".")[0] for old, place in mains.items() if place}
    # `from package.old import module` asks the new package for the module's old name.
    for old, new in list(modules.items()):
        package, _, leaf = old.rpartition(".")
        if package in modules and f"{modules[package]}.{leaf}" not in modules.values():
            modules.setdefault(f"{modules[package]}.{leaf}", new)
    return modules, names, {old: new for old, new in runs.items() if modules.get(old) != new}


def _module(path: str, below: str) -> str:
    return path.removeprefix(below).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def text(listed: dict[str, Any]) -> str:
    """Returns the table as the module reads it, a line for each name."""
    parts = zip(("modules", "names", "runs"), table(listed), strict=True)
    return f"{json.dumps(dict(parts), sort_keys=True, indent=1)}\n"


def write(folder: Path, out: Path) -> int:
    """Writes the table, and returns how many old names it has."""
    listed = rows(folder)
    part = out.with_name(f".{out.name}.part")
    part.write_text(text(listed), encoding="utf-8", newline="\n")
    part.replace(out)
    modules, names, _ = table(listed)
    return len(modules) + sum(map(len, names.values()))
