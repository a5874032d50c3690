"""Does to a project and to the recorded version what releases did to the template, before git merges them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from outcome import Entry
from repository import renames
from rewriting import kinds
from rewriting.names import Names
from rewriting.repeating import Rewritten

from . import blobs, splitting
from .carried import Carried
from .holding import Listed

T = TypeVar("T")
Three = tuple[T, T, T]
Side = dict[str, tuple[str, str | bytes]]  # mode, and a blob's name or a content that is not stored yet


def carry(scratch: Path, trees: Three[str], files: Three[dict[str, Entry]], owned: set[str], listed: Listed) -> Carried:
    """Carries.

    Args:
        scratch: Repository with the objects.
        trees: Trees of the recorded version, the new version and the project.
        files: The files in them.
        owned: Paths of files that the template writes once.
        listed: What the versions between moved.
    """
    base, theirs, ours = files
    rows, refused = listed.holding(base, theirs, ours)
    living = theirs.keys() | {path for path in ours if path not in rows}
    carried = Carried(base, base, ours, owned, Names(rows, living), refused=refused)
    if rows:
        carried.owned = owned | {row.to for old, row in rows.items() if old in owned and row.to}
        _Carrier(scratch, trees, theirs, carried).carry()
    return carried


@dataclass
class _Carrier:
    scratch: Path
    trees: Three[str]
    theirs: dict[str, Entry]
    done: Carried
    contents: dict[str, bytes] = field(default_factory=dict)
    known: dict[tuple[str, str], Rewritten | None] = field(default_factory=dict)
    made: dict[str, tuple[str, str]] = field(default_factory=dict)

    def carry(self) -> None:
        """Renames and rewrites both sides, and stores what is new."""
        base, ours = self.done.base, self.done.ours
        wanted = {thing for path, (_, thing) in [*base.items(), *ours.items()] if kinds.is_rewritten(path)}
        new = {place for row in self.done.names.rows.values() for place, _ in row.names.values()}
        self.contents = blobs.read(self.scratch, wanted | {self.theirs[path][1] for path in new})
        sides = (self._side(base, note=False), self._side(ours, note=True))
        for old in self.done.names.rows:
            if self.done.names.rows[old].names and old in ours:
                self._split(old, *sides)
        for place, texts in self.made.items():
            for side, text in zip(sides, texts, strict=True):
                mode, thing = self.theirs[place]
                side[place] = (mode, blobs.encoded(text, place, self._content(thing) or b""))
        self._moved_by_both(*sides)
        fresh = {content for side in sides for _, content in side.values() if isinstance(content, bytes)}
        stored = blobs.write(self.scratch, fresh)
        self.done.base, self.done.ours = (
            {path: (mode, thing if isinstance(thing, str) else stored[thing]) for path, (mode, thing) in side.items()}
            for side in sides
        )

    def _side(self, side: dict[str, Entry], *, note: bool) -> Side:
        moved: Side = {}
        for path, (mode, thing) in side.items():
            row = self.done.names.rows.get(path)
            new = (row and row.to) or path
            moved[new] = (mode, thing)
            rewritten = self._rewritten(thing, (path, new)) if mode.startswith("100") else None
            if rewritten is None:
                continue
            content = rewritten.text.encode(kinds.encoding(path, self.contents[thing]))
            if content != self.contents[thing]:
                moved[new] = (mode, content)
            if note and (content != self.contents[thing] or rewritten.manual):
                self.done.rewritten[new] = rewritten
        return moved

    def _rewritten(self, thing: str, paths: tuple[str, str]) -> Rewritten | None:
        key = (thing, paths[0])
        if key not in self.known:
            text = self._text(thing, paths[0]) if kinds.is_rewritten(paths[0]) else None
            self.known[key] = None if text is None else kinds.rewrite(text, paths, self.done.names)
        return self.known[key]

    def _content(self, thing: str | bytes) -> bytes | None:
        return thing if isinstance(thing, bytes) else self.contents.get(thing)

    def _text(self, thing: str | bytes, path: str) -> str | None:
        content = self._content(thing)
        return None if content is None else blobs.decoded(content, kinds.encoding(path, content))

    def _split(self, old: str, base: Side, ours: Side) -> None:
        """Takes the names that went elsewhere out of a file, and their edits to where they went."""
        done, row = self.done, self.done.names.rows[old]
        rest = row.to or old
        before, here = (self._text(side[rest][1], old) if rest in side else None for side in (base, ours))
        if before is None or here is None:
            return
        places = {place for place, _ in row.names.values() if place not in base.keys() | ours.keys()}
        texts = {place: self._text(self.theirs[place][1], place) or "" for place in places}
        known = {place: self.made.get(place, (text, text)) for place, text in texts.items()}
        parts = splitting.split(row, before, here, known)
        for place, names in parts.edited.items():
            done.split[old, place] = names
        done.deleted |= {(old, place): names for place, names in parts.deleted.items()}
        self.made |= parts.places
        if rest in done.owned and before != here:
            return
        if row.to or old in self.theirs:
            for side, text in ((base, parts.base), (ours, parts.ours)):
                mode, thing = side[rest]
                side[rest] = (mode, blobs.encoded(text, old, self._content(thing) or b""))
            return
        del base[old]
        if parts.rest_is_edited:
            done.stranded.add(old)
        else:
            del ours[old]

    def _moved_by_both(self, base: Side, ours: Side) -> None:
        """Lets the template's file be added where the project moved it too, to another place."""
        rows = self.done.names.rows
        gone = [old for old in rows if old not in self.done.ours]
        if not gone:
            return
        for old, here in renames(self.trees[0], self.trees[2], self.scratch):
            if old in gone and here != rows[old].to:
                to = rows[old].to or next(iter(rows[old].names.values()))[0]
                if to in ours:  # a file of the project's
                    base.pop(to, None)
                    self.done.refused[here] = to
                    continue
                self.done.moved_by_both[here] = (old, to)
                if rows[old].to in base:
                    ours[to] = base[to]
