"""Rewrites module names and paths in text of any kind: YAML, TOML, Makefiles, workflows, strings of Python."""

import re
from dataclasses import dataclass
from functools import cached_property

from . import repeating
from .names import Names
from .repeating import Rewritten

PINNED = re.compile(r"/(?:blob|tree|raw|blame)/[0-9a-f]{7,40}/")  # a link to a commit, where nothing moves


@dataclass(frozen=True)
class Text:
    """Rewrites what names the old places."""

    names: Names

    @cached_property
    def _dotted(self) -> re.Pattern[str]:
        roots = "|".join(re.escape(root) for root in sorted(self.names.roots))
        return re.compile(rf"(?<![\w.\-/\\])(?:{roots})(?:\.[^\W\d]\w*)+" if roots else r"(?!)")

    @cached_property
    def _paths(self) -> re.Pattern[str]:
        known = sorted(self.names.paths, key=len, reverse=True)
        either = "|".join(re.escape(path).replace(r"\.", r"\\?\.").replace(r"\-", r"\-") for path in known)
        return re.compile(rf"(?<![\w.\-])(?:{either})(?![\w\-]|\.\w)" if known else r"(?!)")

    def touches(self, text: str) -> bool:
        """Tells whether a text may name an old place."""
        return bool(self._dotted.search(text) or self._paths.search(text))

    def rewrite(self, text: str, *, before: str = "", lines: bool = False) -> Rewritten:
        """Rewrites a text.

        Args:
            text: The text.
            before: What is before it.
            lines: Whether a line may become several, as in lists of YAML and in CODEOWNERS.
        """
        done = Rewritten(text)
        origins = []
        if lines:
            made = [
                (line, repeating.repeated(line, number, self.names, done))
                for number, line in enumerate(text.splitlines(keepends=True), 1)
            ]
            done.text = "".join(copies for _, copies in made)
            origins = [line for line, copies in made for _ in copies.splitlines()]
        done.text = self._dotted.sub(lambda match: self._module(match, before, done), done.text)
        done.text = self._paths.sub(lambda match: self._path(match, done), done.text)
        done.text = repeating.without_doubles(done.text, origins) if lines else done.text
        return done

    def _module(self, match: re.Match[str], before: str, done: Rewritten) -> str:
        old = match[0]
        runs = re.search(r"-m[\s\"',]+$", (before + match.string[: match.start()])[-12:])
        new = self.names.run(old) if runs else self.names.find(old)
        if new is None:
            known = next(known for known in _prefixes(old) if known in self.names.dead)
            done.must(_line(match), old, self.names.places(known))
        elif new != old:
            done.changes[old] = new
        return new or old

    def _path(self, match: re.Match[str], done: Rewritten) -> str:
        old = match[0].replace("\\", "")
        left = re.search(r"[\w./\-]*$", match.string[max(0, match.start() - 300) : match.start()])
        right = re.match(r"/[\w./\-]*", match.string[match.end() :])
        before = left[0] if left else ""
        whole = f"{before}{old}".removeprefix("/").removeprefix("./")
        elsewhere = whole != old and whole in self.names.living
        if elsewhere or PINNED.search(before) or (right and old + right[0].rstrip("/.") in self.names.living):
            return match[0]
        if before.strip("./") and not old.startswith("src/"):  # another folder's
            return match[0]
        places = self.names.paths[old]
        if len(places) != 1:
            if old not in self.names.living:
                done.must(_line(match), old, places)
            return match[0]
        done.changes[old] = places[0]
        return places[0].replace(".", r"\.") if "\\" in match[0] else places[0]


def _prefixes(dotted: str) -> list[str]:
    parts = dotted.split(".")
    return [".".join(parts[:cut]) for cut in range(len(parts), 0, -1)]


def _line(match: re.Match[str]) -> int:
    return match.string.count("\n", 0, match.start()) + 1
