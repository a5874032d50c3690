"""Where a module, a name or a path of a project is after the moves."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from .rows import Place, Row, Rows


def module(path: str) -> str | None:
    """Returns the dotted name of a Python file: `src/a/b.py` is `a.b`, `tests/c.py` is `tests.c`."""
    if not path.endswith(".py"):
        return None
    parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
    return ".".join(parts[1:] if parts[0] == "src" and parts[1:] else parts)


def package(path: str) -> list[str]:
    """Returns the parts of the package whose modules a file reaches by `from . import`."""
    parts = list(PurePosixPath(path).parent.parts)
    return parts[1:] if parts[:1] == ["src"] else parts


@dataclass(frozen=True)
class Names:
    """The moves that hold for one project.

    Attributes:
        rows: Where files went, by old path.
        living: Paths that there will be after the update.
    """

    rows: Rows
    living: Collection[str]

    @cached_property
    def modules(self) -> dict[str, str]:
        """New name of each moved module."""
        pairs = {module(old): module(row.to) for old, row in self.rows.items() if row.to}
        return {old: new for old, new in pairs.items() if old and new}

    @cached_property
    def names(self) -> dict[str, dict[str, Place]]:
        """New module and name of each name that left a module."""
        names: dict[str, dict[str, Place]] = {}
        for old, row in self.rows.items():
            dotted = module(old)
            places = {name: (module(place), into) for name, (place, into) in row.names.items()}
            if dotted and places:
                names[dotted] = {name: (place, into) for name, (place, into) in places.items() if place}
        return names

    @cached_property
    def dead(self) -> set[str]:
        """Modules of which only names are left, elsewhere."""
        return self.names.keys() - self.modules.keys() - self.alive

    @cached_property
    def alive(self) -> set[str]:
        """Modules that there will be."""
        return {dotted for path in self.living if (dotted := module(path))}

    @cached_property
    def roots(self) -> set[str]:
        """First parts of the names of moved modules."""
        return {dotted.split(".")[0] for dotted in (*self.modules, *self.names)}

    def find(self, dotted: str) -> str | None:
        """Returns the new form of a dotted name, which is the old one where nothing moved; None where it has none."""
        parts = dotted.split(".")
        for cut in range(len(parts), 0, -1):
            known, rest = ".".join(parts[:cut]), parts[cut:]
            if rest and rest[0] in self.names.get(known, {}):
                place, name = self.names[known][rest[0]]
                return ".".join([place, name, *rest[1:]])
            if known in self.modules:
                return ".".join([self.modules[known], *rest])
            if known in self.dead:
                return None
            if known in self.alive:
                return dotted
        return dotted

    def run(self, dotted: str) -> str | None:
        """Returns what `python -m` runs instead of a module."""
        if f"{dotted}.__main__" in self.modules:
            return self.modules[f"{dotted}.__main__"].removesuffix(".__main__")
        left = self.names.get(dotted, {})
        return (
            left["__main__" if "__main__" in left else "main"][0]
            if {"__main__", "main"} & left.keys()
            else self.find(dotted)
        )

    def places(self, dotted: str) -> list[str]:
        """Returns the modules that the names of a module went to, with what is left of it first."""
        rest = [self.modules[dotted]] if dotted in self.modules else [dotted] if dotted in self.alive else []
        return list(dict.fromkeys(rest + [place for place, _ in self.names.get(dotted, {}).values()]))

    @cached_property
    def paths(self) -> dict[str, list[str]]:
        """New paths of each moved file and of each folder that went as a whole."""
        paths = {}
        for old, row in self.rows.items():
            rest = [row.to] if row.to else [old] if old in self.living else []
            paths[old] = list(dict.fromkeys(rest + [place for place, _ in row.names.values()]))
        return {old: new for old, new in paths.items() if new != [old]} | self._folders()

    def _folders(self) -> dict[str, list[str]]:
        parents = {str(folder) for old in self.rows for folder in PurePosixPath(old).parents[:-1]}
        gone = sorted(folder for folder in parents if not any(path.startswith(f"{folder}/") for path in self.living))
        folders = {}
        for folder in gone:
            below = {old: row for old, row in self.rows.items() if old.startswith(f"{folder}/")}
            new = _common(folder, below)
            folders |= {folder: [new]} if new else {}
        return folders


def _common(folder: str, rows: Mapping[str, Row]) -> str | None:
    """Returns the folder that all files of a folder went to, each to the same place below it."""
    targets = set()
    for old, row in rows.items():
        below = PurePosixPath(old).parent.relative_to(folder)
        if row.to is None or row.names:
            return None
        parent = PurePosixPath(row.to).parent
        if below.parts and parent.parts[-len(below.parts) :] != below.parts:
            return None
        targets.add("/".join(parent.parts[: len(parent.parts) - len(below.parts)]))
    return targets.pop() if len(targets) == 1 else None


def relative(dotted: str, here: Iterable[str]) -> str | None:
    """Returns a module's name from within a package, with leading dots; None where they have no package in common."""
    parts, own = dotted.split("."), list(here)
    same = next(
        (at for at, pair in enumerate(zip(parts, own, strict=False)) if pair[0] != pair[1]), min(len(parts), len(own))
    )
    return "." * (len(own) - same + 1) + ".".join(parts[same:]) if same else None
