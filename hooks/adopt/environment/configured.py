"""Which tools the repository has settings for: these stay as they are, and the template's lie beside them."""

import configparser
import re
import tomllib
from collections.abc import Iterable
from typing import Any

import tomlkit

from adopt.draft import BESIDE, Draft
from adopt.files import layout
from adopt.sides.answers import settings
from adopt.sides.repository import Repository

LINT = f"{BESIDE}/pyproject.toml"
# The file of a tool's own, and its section in an ini file that several share.
FILES = {
    "ruff": ("ruff.toml", ".ruff.toml"),
    "mypy": ("mypy.ini", ".mypy.ini"),
    "pytest": ("pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml"),
}
SECTIONS = {"mypy": ("setup.cfg", "mypy"), "pytest": ("setup.cfg", "tool:pytest")}


def tools(repository: Repository) -> set[str]:
    """Returns those of ruff, mypy and pytest that have settings at the top."""
    found = {tool for tool, names in FILES.items() if any(name in repository.entries for name in names)}
    found |= {tool for tool in FILES if tool in settings(repository).get("tool", {})}
    for tool, (file, section) in SECTIONS.items():
        found |= {tool} if section in sections(repository, file) else set()
    found |= {"pytest"} if "pytest" in sections(repository, "tox.ini") else set()
    return found


def nested(repository: Repository) -> bool:
    """Says whether a folder has settings of ruff, which come before those at the top."""
    files = [path for path in repository.entries if "/" in path]
    if any(path.rsplit("/", 1)[-1] in FILES["ruff"] for path in files):
        return True
    return any(_has_ruff(repository, path) for path in files if path.endswith("/pyproject.toml"))


def sections(repository: Repository, path: str) -> set[str]:
    """Returns the sections of an ini file; none, where there is no such file."""
    if path not in repository.entries:
        return set()
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string(repository.text(path))
    except configparser.Error:
        return set()
    return {*parser.sections()}


def _has_ruff(repository: Repository, path: str) -> bool:
    try:
        return "ruff" in tomllib.loads(repository.text(path)).get("tool", {})
    except tomllib.TOMLDecodeError:
        return False


def set_aside(draft: Draft, blocks: dict[str, str], hooks: str) -> None:
    """Moves the template's settings of ruff and mypy to a file of their own, where the repository has some.

    Args:
        draft: The adoption.
        blocks: The blocks of the template's pyproject.toml; those that move are taken out.
        hooks: Path of the template's hooks, which then name that file.
    """
    found = tools(draft.repository)
    moved = {tool: blocks.pop(f"tool.{tool}") for tool in ("ruff", "mypy") if tool in found}
    if moved:
        head = "# Settings of the template's hooks; yours are where you have them.\n"
        draft.put(LINT, head + "\n".join(block.strip("\n") + "\n" for block in moved.values()))
    for tool in moved:
        draft.say("both", tool, f"your settings stay; the template's files have theirs in {LINT}")
    for linter in _others(draft.repository):
        paths = " ".join(layout.added(draft))
        draft.say("note", linter, f"sees the template's files, too, where it looks at everything: leave out {paths}")
    if hooks in draft.files:
        _name(draft, hooks, moved.keys())
    if "pytest" in found:
        blocks.pop("tool.pytest", None)
        draft.say("yours", "pytest", "your settings stay, and run the template's tests, too: they are below tests/")


def _others(repository: Repository) -> list[str]:
    """Returns further linters that have settings here."""
    found = {tool for tool in ("isort", "pylint") if tool in settings(repository).get("tool", {})}
    for tool in ("flake8", "isort", "pylint"):
        files = {f".{tool}", f".{tool}rc", f"{tool}rc", f".{tool}.cfg"} & repository.entries.keys()
        if files or any(tool in sections(repository, file) for file in ("setup.cfg", "tox.ini")):
            found.add(tool)
    return sorted(found)


def _name(draft: Draft, hooks: str, moved: Iterable[str]) -> None:
    """Names the file with the template's settings in its hooks; ruff then reads no other one, also not in a folder."""
    ruff = LINT if "ruff" in moved else "pyproject.toml" if nested(draft.repository) else None
    for verb in ("format", "check") if ruff else ():
        draft.swap(hooks, f"uv run ruff {verb} ", f"uv run ruff {verb} --config {ruff} ")
    if "mypy" in moved:
        draft.swap(hooks, "uv run mypy\n", f"uv run mypy --config-file {LINT}\n")


def leave_out(draft: Draft, document: Any) -> None:
    """Lets the repository's own ruff and black leave the template's files alone: its CI may run them on everything."""
    ours = layout.added(draft)
    found = document.get("tool", {})
    if "ruff" in found:
        _extend(found["ruff"], ours)
    if "black" in found and "extend-exclude" not in found["black"]:
        found["black"]["extend-exclude"] = f"^/({'|'.join(map(re.escape, ours))})"


def leave_out_in_files(draft: Draft) -> None:
    """Does the same in a file of ruff's own."""
    for path in FILES["ruff"]:
        if path in draft.repository.entries:
            document = tomlkit.parse(draft.repository.text(path))
            _extend(document, layout.added(draft))
            draft.put(path, tomlkit.dumps(document))
            draft.say("changed", path, "extend-exclude names the template's files, which have settings of their own")


def _extend(table: Any, paths: list[str]) -> None:
    if "extend-exclude" not in table:
        table["extend-exclude"] = tomlkit.array()
    for path in paths:
        table["extend-exclude"].append(layout.pattern(path))
    table["extend-exclude"].multiline(multiline=True)
