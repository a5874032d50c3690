"""Repeats a line of a list, in YAML or CODEOWNERS, that names a file or a pattern with several new places."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from .names import Names

ITEM = re.compile(r"(?P<head>\s*-\s+[\"']?|/?)(?P<path>[^\s\"'#]+)(?P<tail>[\"']?(?:\s.*)?)", re.S)
WHOLE = re.compile(r"(-\s+)?[\"']?[^\s\"'#:]+[\"']?(\s+[@#].*)?")  # a path, and its owners or a comment
FEW = 8  # more places than these are no list that a person would want in place of one line


@dataclass
class Rewritten:
    """A text after the moves.

    Attributes:
        text: The text.
        changes: Old and new form of each name that was changed.
        manual: What a person must change, as sentences.
    """

    text: str
    changes: dict[str, str] = field(default_factory=dict)
    manual: list[str] = field(default_factory=list)

    def must(self, line: int, what: str, where: list[str]) -> None:
        """Notes what could not follow, with its new address."""
        self.manual.append(f"line {line}: {what} is now in {', '.join(where) or 'no file'}")


def repeated(line: str, number: int, names: Names, done: Rewritten) -> str:
    """Repeats a line that names a file of several new places, or a pattern of several files, for each of them."""
    match = ITEM.fullmatch(line)
    if match is None or not (pattern := match["path"].removeprefix("/").removeprefix("./")):
        return line
    start = match["path"].removesuffix(pattern)
    known = names.paths.get(pattern.rstrip("/"))
    places = _globbed(pattern, names) if known is None else known
    if len(places) < 2 and (known or not places):
        return line
    if len(places) > FEW:
        done.must(number, pattern, [f"{len(places)} files"])
        return line
    done.changes[pattern] = ", ".join(places)
    ends = "" if line.endswith("\n") else "\n"
    copies = [f"{match['head']}{start}{place}{match['tail']}" for place in places]
    return ends.join(copies)


def _globbed(pattern: str, names: Names) -> list[str]:
    """Returns what a pattern must become, nothing where it may stay as it is."""
    inner = f"{pattern.rstrip('/')}/"
    if "*" not in pattern and not any(old.startswith(inner) for old in names.rows):
        return []
    hits = _matcher(pattern)
    went = {place for old, row in names.rows.items() if hits(old) for place in [row.to] if place}
    missed = sorted(place for place in went if not hits(place))
    if not missed:
        return []
    still = any(hits(path) for path in names.living)
    folders = {str(PurePosixPath(place).parent) for place in missed}
    shorter = f"{folders.pop()}/{PurePosixPath(pattern).name if '*' in pattern else ''}" if len(folders) == 1 else ""
    if shorter and all(map(_matcher(shorter), missed)):
        missed = [shorter]
    return [pattern, *missed] if still else missed


def _matcher(pattern: str) -> Callable[[str], bool]:
    """Tells which paths a pattern means, `*` within a folder and `**` across; a folder means all below it."""
    parts = re.split(r"(\*\*/?|\*|\?)", pattern.rstrip("/"))
    wild = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    regex = re.compile("".join(wild.get(part, re.escape(part)) for part in parts) + "(?:/.*)?")
    return lambda path: regex.fullmatch(path) is not None


def without_doubles(text: str, origins: list[str]) -> str:
    """Leaves out paths of a list that were made twice: two old files may have gone to one place.

    Args:
        text: The text after the moves.
        origins: What each of its lines was before.
    """
    kept, block, indent = [], dict[str, str](), ""
    for line, origin in zip(text.splitlines(keepends=True), origins, strict=True):
        name, before = line.strip(), indent
        indent = line[: len(line) - len(line.lstrip())]
        if not name.startswith(("-", "/", "src")) or indent != before:
            block = {}
        made = block.setdefault(name, origin.strip()) != origin.strip()  # lines that were equal before stay
        if not (made and WHOLE.fullmatch(name)):
            kept.append(line)
    return "".join(kept)
