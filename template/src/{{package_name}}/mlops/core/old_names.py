"""Old names of this package's modules: importing or running one warns and gives the module by its new name.

A hook of the import system, because a file at an old path would hide the rename from Git. It looks at the names of
`old_names.json` only; a file of your own at an old path comes first.
"""

import json
import os
import sys
import warnings
from collections.abc import Callable
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

PACKAGE = __name__.partition(".")[0]
with open(f"{__file__.rpartition('.')[0]}.json", encoding="utf-8") as _table:  # noqa: PTH123
    _TABLE: dict[str, Any] = json.load(_table)
# New module by old module; new place by name that left a module; what `python -m` runs. All without the package.
MODULES: dict[str, str] = _TABLE["modules"]
NAMES: dict[str, dict[str, str]] = _TABLE["names"]
RUNS: dict[str, str] = _TABLE["runs"]


def _warn(old: str, new: str) -> None:
    warnings.warn(f"{PACKAGE}.{old} is now {PACKAGE}.{new}: the old name will go", FutureWarning, stacklevel=3)


def _is_there(name: str) -> bool:
    """Tells whether the project has a file, or a folder with modules, of this name."""
    path = os.path.join(os.path.dirname(str(sys.modules[PACKAGE].__file__)), *name.split("."))  # noqa: PTH118, PTH120
    return os.path.isfile(f"{path}.py") or (  # noqa: PTH113
        os.path.isdir(path) and any(name.endswith(".py") for name in os.listdir(path))  # noqa: PTH112, PTH208
    )


def _demand(new: str) -> None:
    if not _is_there(new):
        message = f"this project has no {PACKAGE}.{new}: its answers to the template's questions leave it out"
        raise ModuleNotFoundError(message, name=f"{PACKAGE}.{new}")


def _getter(old: str) -> Callable[[str], Any]:
    """Returns the function that looks up names which left a module."""

    def look_up(name: str) -> Any:
        if name not in NAMES.get(old, {}):
            message = f"module {PACKAGE}.{old} has no attribute {name!r}"
            raise AttributeError(message)
        module, _, new = NAMES[old][name].rpartition(".")
        _warn(f"{old}.{name}", NAMES[old][name])
        _demand(module)
        return getattr(import_module(f"{PACKAGE}.{module}"), new)

    return look_up


class _Loader:
    """Loads the new module in place of an old one."""

    def __init__(self, old: str) -> None:
        self.old = old

    def create_module(self, _: ModuleSpec) -> None:
        """Leaves it to the import system."""

    def exec_module(self, module: ModuleType) -> None:
        """Puts the new module in the place of the old one; of a module that was taken apart, what finds its names."""
        new = MODULES.get(self.old)
        if new is None:
            module.__dict__.update(__getattr__=_getter(self.old), __all__=sorted(NAMES[self.old]))
            return
        _warn(self.old, new)
        _demand(new)
        moved = import_module(f"{PACKAGE}.{new}")
        if self.old in NAMES:
            moved.__dict__.setdefault("__getattr__", _getter(self.old))
        sys.modules[module.__name__] = moved

    def get_code(self, _: str) -> Any:
        """Returns what `python -m` runs."""
        new = RUNS.get(self.old) or MODULES.get(self.old)
        if new is None:
            message = f"{PACKAGE}.{self.old} was taken apart: it can't be run any more"
            raise ImportError(message)
        _warn(self.old, new)
        _demand(new)
        run = f"import runpy\nrunpy.run_module({f'{PACKAGE}.{new}'!r}, run_name='__main__', alter_sys=True)"
        return compile(run, f"{PACKAGE}.{self.old}", "exec")


class _Finder:
    """Finds old names."""

    @staticmethod
    def find_spec(name: str, path: Any = None, _: Any = None) -> ModuleSpec | None:
        """Returns how an old name is loaded; nothing for all other names."""
        package, _, old = name.partition(".")
        if package != PACKAGE or (old not in MODULES and old not in NAMES):
            return None
        if not _is_there(old):
            return ModuleSpec(name, _Loader(old))  # type: ignore[arg-type]
        spec = None if old in MODULES else PathFinder.find_spec(name, path)
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def extended(module: ModuleType) -> None:
            execute(module)
            module.__dict__.setdefault("__getattr__", _getter(old))

        spec.loader.exec_module = extended  # type: ignore[method-assign]
        return spec


def install() -> None:
    """Makes the import system ask for old names first, once."""
    if not any(getattr(finder, "__module__", "") == __name__ for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder)
