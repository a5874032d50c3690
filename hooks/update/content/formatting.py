"""Brings both versions of the template to the layout of the project's files, so that layout makes no conflicts.

A team that runs a formatter with other settings, or stores line ends of Windows, changed every line of a file and yet
nothing. Base and new version get that layout before the merge; the project's own files are not touched.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from merging import Entry

from content import objects
from content.formatter import Layout, formatted, layouts, same_code

SURE = 3  # files that must have a layout which the project's settings don't name, to be that of the project
Side = dict[str, Entry]


@dataclass
class _Texts:
    """Contents of the three sides, and those that the two of the template get."""

    sides: tuple[Side, Side, Side]
    scratch: Path
    known: dict[str, bytes]

    def of(self, side: Side, path: str) -> bytes:
        return self.known[side[path][1]]

    def put(self, side: Side, changed: dict[str, bytes]) -> None:
        names = objects.write(list(changed.values()), self.scratch)
        for (path, text), name in zip(changed.items(), names, strict=True):
            self.known[name] = text
            side[path] = (side[path][0], name)


def _plain(side: Side, paths: Iterable[str], name: Callable[[str], bool]) -> list[str]:
    return [path for path in paths if side.get(path, ("",))[0].startswith("100") and name(path)]


def adapt(base: Side, theirs: Side, ours: Side, scratch: Path, room: Path) -> list[str]:
    """Gives base and new version the project's layout; returns the files that were not compared as they are.

    Args:
        base: Files of the recorded version; changed.
        theirs: Files of the new version; changed.
        ours: Files of the project.
        scratch: Repository with the contents.
        room: Folder for the formatter.
    """
    differing = [path for path in _plain(ours, ours, lambda _: True) if path in base and base[path] != ours[path]]
    if not differing:
        return []
    wanted = {side[path][1] for path in differing for side in (base, theirs, ours) if path in side}
    texts = _Texts((base, theirs, ours), scratch, objects.read(wanted, scratch))
    touched = _line_ends(texts, differing)
    return sorted({*touched, *_layout(texts, [path for path in differing if path.endswith((".py", ".pyi"))], room)})


def _line_ends(texts: _Texts, differing: list[str]) -> list[str]:
    base, theirs, ours = texts.sides
    windows = [path for path in differing if _windows(texts.of(ours, path)) and b"\r" not in texts.of(base, path)]
    for side in (base, theirs):
        there = {path: texts.of(side, path) for path in windows if path in side}
        texts.put(side, {path: text.replace(b"\n", b"\r\n") for path, text in there.items() if b"\r" not in text})
    return windows


def _windows(text: bytes) -> bool:
    return b"\r\n" in text and text.count(b"\r\n") == text.count(b"\n")


def _distance(one: bytes, other: bytes) -> int:
    first, second = Counter(one.splitlines()), Counter(other.splitlines())
    return ((first - second) + (second - first)).total()


def _closer(texts: _Texts, paths: list[str], layout: Layout, room: Path) -> set[str]:
    """Returns the files that are closer to the recorded version in this layout than to that version as it is."""
    base, _, ours = texts.sides
    made = formatted({path: texts.of(base, path) for path in paths}, layout, room)
    return {
        path
        for path, text in made.items()
        if _distance(text, texts.of(ours, path)) < _distance(texts.of(base, path), texts.of(ours, path))
    }


def _layout(texts: _Texts, paths: list[str], room: Path) -> set[str]:
    base, theirs, ours = texts.sides
    if not paths:
        return set()
    tried = [(layout, _closer(texts, paths, layout, room)) for layout in layouts(ours, texts.scratch)]
    layout, closer = max(tried, key=lambda each: len(each[1]))
    if not closer:
        return set()
    whole = layout.configured or len(closer) >= SURE  # else only these files have it
    closer = {path for path in closer if base[path] != theirs.get(path)}  # the others have nothing to merge
    further = _plain(theirs, theirs, lambda path: path.endswith((".py", ".pyi")) and path not in closer)
    further = [path for path in further if whole and ours.get(path) in (None, base.get(path))]
    texts.known |= objects.read(
        {side[path][1] for path in further for side in (base, theirs) if path in side}, texts.scratch
    )
    before = {path: texts.of(base, path) for path in {*closer, *further} if path in base}
    after = {path: texts.of(theirs, path) for path in {*closer, *further} if path in theirs}
    old, new = formatted(before, layout, room), formatted(after, layout, room)
    # A file that nobody edited and that has another layout keeps it.
    fits = {path for path in further if path not in base or old.get(path) == before[path]}
    texts.put(base, {path: text for path, text in old.items() if path in closer})
    # Formatters differ in details: a file with the same code and comments was not edited, however it is laid out.
    base |= {path: ours[path] for path in closer if same_code(before[path], texts.of(ours, path))}
    texts.put(theirs, {path: text for path, text in new.items() if path in closer or path in fits})
    return closer
