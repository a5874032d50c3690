"""The lists of what releases moved, `hooks/release/moves/<version>.yaml`, from which the guard carries edits along.

moves:                       # old path -> new path, as projects have them; {package} is the folder of the package
  src/{package}/train.py: src/{package}/stages/train.py
splits:                      # old path -> {new path: names that went there, or {old name: new name}}
  src/{package}/files.py:
    src/{package}/mlops/core/atomic.py: [write_text, replace]
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

FOLDER = "hooks/release/moves"
KEYS = {"moves", "splits"}


@dataclass(frozen=True)
class Moves:
    """Where files went, and where names of a file went: old name and new name by new path."""

    moves: Mapping[str, str] = field(default_factory=dict)
    splits: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)

    @property
    def rows(self) -> set[str]:
        """The old paths."""
        return {*self.moves, *self.splits}

    def places(self, old: str) -> list[str]:
        """Returns the new paths of an old one."""
        return [*([self.moves[old]] if old in self.moves else []), *self.splits.get(old, {})]


def files(folder: Path) -> dict[str, str]:
    """Returns the text of each list of a template, by file name."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted((folder / FOLDER).glob("*.y*ml"))}


def parsed(text: str) -> Moves:
    """Reads a list.

    Raises:
        ValueError: It is no such list; the text says why.
    """
    try:
        listed = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from None
    if not isinstance(listed, dict) or not listed.keys() <= KEYS:
        message = "it has other keys than moves and splits"
        raise ValueError(message)
    moves, splits = (_mapping(listed.get(key)) for key in ("moves", "splits"))
    return Moves(
        {_path(old): _path(new) for old, new in moves.items()},
        {
            _path(old): {_path(new): _names(names) for new, names in _mapping(into).items()}
            for old, into in splits.items()
        },
    )


def joined(lists: list[Moves]) -> Moves:
    """Returns several lists as one; a path that two of them name keeps the later row."""
    moves = {old: new for one in lists for old, new in one.moves.items()}
    return Moves(moves, {old: into for one in lists for old, into in one.splits.items()})


def _mapping(value: Any) -> dict[Any, Any]:
    if value is not None and not isinstance(value, dict):
        message = f"{value!r} is no mapping of paths"
        raise ValueError(message)
    return value or {}


def _path(path: Any) -> str:
    whole = isinstance(path, str) and PurePosixPath(path).as_posix() == path and not path.startswith("/")
    if not whole or {"..", "."} & set(path.split("/")):
        message = f"{path!r} is no path below the project's folder"
        raise ValueError(message)
    return str(path)


def _names(names: Any) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for entry in names if isinstance(names, list) else [names]:
        pairs |= entry if isinstance(entry, dict) else {entry: entry}
    if not pairs or not all(isinstance(name, str) and name.isidentifier() for pair in pairs.items() for name in pair):
        message = f"{names!r} is no list of names"
        raise ValueError(message)
    return pairs
