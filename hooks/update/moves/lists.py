"""Reads what releases moved from the lists that they ship: `hooks/release/moves/<version>.yaml` of the template."""

import re
from pathlib import Path, PurePosixPath
from typing import Any

import yaml
from packaging.version import InvalidVersion, Version
from repository import GuardError, ask
from rewriting.rows import Place, Row, Rows

from .holding import Listed

FOLDER = "hooks/release/moves"


def _version(text: str) -> Version | None:
    try:
        return Version(re.sub(r"-\d+-g[0-9a-f]+$", "", text))
    except InvalidVersion:
        return None


def listed(repository: Path, versions: tuple[str, str], commit: str, packages: tuple[str, str]) -> Listed:
    """Reads the lists of the versions after one up to another from the other's commit, and composes them.

    Args:
        repository: A git repository of the template.
        versions: The recorded version and the one to update to.
        commit: The commit of the latter.
        packages: Name of the project's package before and after the update.

    Raises:
        GuardError: A list can't be understood.
    """
    first, last = (_version(version) for version in versions)
    rows: Rows = {}
    files = ask("ls-tree", "--name-only", commit, f"{FOLDER}/", at=repository).splitlines()
    lists = {
        version: file for file in files if file.endswith(".yaml") and (version := _version(PurePosixPath(file).stem))
    }
    for version, file in sorted(lists.items()):
        if (first and version <= first) or (last and Version(version.base_version) > Version(last.base_version)):
            continue
        rows = composed(rows, parse(ask("show", f"{commit}:{file}", at=repository), file))
        _demand_own_paths(rows, file)
    return Listed(rows, packages)


def _demand_own_paths(rows: Rows, where: str) -> None:
    """Refuses lists of several versions that take two files to one path: one of them would be lost."""
    taken: dict[str, str] = {}
    for old, row in rows.items():
        if row.to and taken.setdefault(row.to, old) != old:
            message = (
                f"{taken[row.to]} and {old} went to {row.to}, one after the other: "
                f"update to a version before that of {where} first, with --to"
            )
            raise GuardError(message)


def parse(text: str, where: str) -> Rows:
    """Reads one list.

    Raises:
        GuardError: It is no list of moves.
    """
    try:
        content = yaml.safe_load(text) or {}
        _demand(
            isinstance(content, dict) and content.keys() <= {"moves", "splits"}, "has keys other than moves and splits"
        )
        moves, splits = content.get("moves") or {}, content.get("splits") or {}
        _demand(len(set(moves.values())) == len(moves), "moves two files to one path")
        rows = {}
        for path in [*moves, *(path for path in splits if path not in moves)]:
            names: dict[str, Place] = {}
            for place, entries in (splits.get(path) or {}).items():
                for name, into in (pair for entry in entries for pair in _pairs(entry)):
                    _demand(name not in names, f"says twice where {name} of {path} went")
                    names[name] = (_path(place), into)
            rows[_path(path)] = Row(_path(moves[path]) if path in moves else None, names)
        return rows
    except (yaml.YAMLError, ValueError, TypeError, AttributeError) as error:
        message = f"the list of moves {where} of the template can't be read: {' '.join(str(error).split())}"
        raise GuardError(message) from None


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)


def _path(path: Any) -> str:
    good = (
        isinstance(path, str)
        and PurePosixPath(path).as_posix() == path
        and not {"", "/", "..", "."} & set(path.split("/"))
    )
    _demand(good, f"{path!r} is no path below the project's folder")
    return str(path)


def _pairs(entry: Any) -> list[tuple[str, str]]:
    pairs = list(entry.items()) if isinstance(entry, dict) else [(entry, entry)]
    _demand(
        all(isinstance(name, str) and name.isidentifier() for pair in pairs for name in pair), f"{entry!r} is no name"
    )
    return pairs


def composed(rows: Rows, later: Rows) -> Rows:
    """Returns what two releases after each other did."""

    def follow(place: str, name: str) -> Place:
        row = later.get(place, Row())
        return row.names.get(name, (row.to or place, name))

    after: Rows = {}
    for path, row in rows.items():
        rest = later.get(row.to or path, Row())
        names = {name: follow(*place) for name, place in row.names.items()}
        after[path] = Row(rest.to or row.to, dict(rest.names) | names)
    made = {row.to for row in rows.values()}
    return after | {path: row for path, row in later.items() if path not in rows and path not in made}
