"""The step from the last release to a new one, as projects with few but different answers make it."""

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from packaging.version import Version

from release.answers import projects
from release.rendering import Rendering
from release.template import ANSWERS_FILE, Template


@dataclass(frozen=True)
class Last:
    """The release that projects come from.

    Attributes:
        template: Its template.
        version: Its version; of a folder it may be unknown.
        unasked: Questions that it asks and older releases don't, with these releases.
    """

    template: Template
    version: Version | None
    unasked: Mapping[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Pair:
    """One project before and after the update."""

    before: Rendering
    after: Rendering

    @functools.cached_property
    def kept(self) -> list[str]:
        """The paths that it has before and after; never that of the answers, as with the others."""
        return sorted(self.before.sources.keys() & self.after.sources.keys() - {ANSWERS_FILE})

    @functools.cached_property
    def lost(self) -> list[str]:
        """The paths that it would no longer get."""
        return sorted(self.before.sources.keys() - self.after.sources.keys() - {ANSWERS_FILE})

    @functools.cached_property
    def gained(self) -> list[str]:
        """The paths that it would get and does not have."""
        return sorted(self.after.sources.keys() - self.before.sources.keys() - {ANSWERS_FILE})


class Step:
    """Both releases, and projects before and after. Paths are general: they have `{package}` for the package's name."""

    def __init__(self, last: Last, new: Template, news: str = "") -> None:
        """Takes the releases and what the changelog says about the new one."""
        self.last, self.new = last, new
        self.paragraphs = re.split(r"\n(?=- |\n)", news)

    @functools.cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """The projects."""
        return tuple(Pair(before, self.new.rendering(before.answers)) for before in projects(self.last.template))

    @functools.cached_property
    def lost(self) -> dict[str, bool]:
        """The paths that some project would no longer get, and whether `_exclude` parks them everywhere."""
        lost: dict[str, bool] = {}
        for pair in self.pairs:
            for path in pair.lost:
                name = pair.before.general(path)
                lost[name] = lost.get(name, True) and pair.after.parked(path)
        return dict(sorted(lost.items()))

    @functools.cached_property
    def elsewhere(self) -> set[str]:
        """The paths that some project loses and some other one gets."""
        gets = {pair.after.general(path) for pair in self.pairs for path in pair.after.sources}
        return gets & self.lost.keys()

    @functools.cached_property
    def kept(self) -> dict[str, Pair]:
        """The paths that some project has before and after, with one such project."""
        return {pair.before.general(path): pair for pair in reversed(self.pairs) for path in pair.kept}

    @functools.cached_property
    def old(self) -> dict[str, str]:
        """The text of each path that some project would no longer get."""
        return _texts((pair.before, path) for pair in self.pairs for path in pair.lost)

    @functools.cached_property
    def gained(self) -> dict[str, str]:
        """The text of each path that some project would get and does not have."""
        return _texts((pair.after, path) for pair in self.pairs for path in pair.gained)

    @functools.cached_property
    def changed(self) -> dict[str, tuple[str, str]]:
        """The old and the new text of each path whose text changes."""
        changed = {}
        for name, pair in sorted(self.kept.items()):
            texts = [side.text_or_none(side.own(name)) for side in (pair.before, pair.after)]
            if texts[0] is not None and texts[1] is not None and texts[0] != texts[1]:
                changed[name] = (texts[0], texts[1])
        return changed

    def said(self, *words: str) -> bool:
        """Says whether one entry of the changelog's news has all these words."""
        return any(all(word in paragraph for word in words) for paragraph in self.paragraphs)


def _texts(rendered: Iterable[tuple[Rendering, str]]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for rendering, path in rendered:
        name = rendering.general(path)
        text = None if name in texts else rendering.text_or_none(path)
        if text is not None:
            texts[name] = text
    return texts
