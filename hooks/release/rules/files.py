"""Rules about the files of the template as they are on disk: bytes, line ends, modes, links, leftovers of a merge."""

import re
from collections.abc import Iterable, Iterator

from release.finding import Finding
from release.rendering import Rendering
from release.step import Step
from release.template import Template

MARKER = re.compile(rb"(?m)^(<{7}|>{7})( |\r?$)")
RUN = 0o100


def binary(new: Template, renderings: Iterable[Rendering]) -> Iterator[Finding]:
    """Refuses a file that is no text and not written once: an update reverts a user's version of it."""
    files = {path for path, content in new.contents.items() if not _is_text(content)}
    for rendering in renderings if files else ():
        for path, source in rendering.sources.items():
            if source in files and not rendering.written_once(path):
                yield Finding(
                    rendering.general(path),
                    "is binary, so an update would revert a user's version of it",
                    "list it in `_skip_if_exists`",
                )


def linked(new: Template) -> Iterator[Finding]:
    """Refuses a symbolic link: Copier copies what it points to, and Windows has none."""
    for path in sorted(new.root.rglob("*")):
        if path.is_symlink():
            yield Finding(
                new.where(path),
                "is a symbolic link, of which projects get a copy, and Windows none",
                "put the file itself there",
            )


def leftover(new: Template) -> Iterator[Finding]:
    """Refuses conflict markers, and line ends of Windows: each line of such a file conflicts with each edit."""
    for path, content in new.contents.items():
        where = new.where(path)
        marker = MARKER.search(content)
        if marker:
            line = content.count(b"\n", 0, marker.start()) + 1
            yield Finding(f"{where}, line {line}", "has a conflict marker", "resolve the merge")
        if b"\r" in content and b"\0" not in content:
            yield Finding(
                where,
                "has line ends of Windows, so every line of it conflicts with a team's edit",
                "save it with line feeds only",
            )


def runnable(new: Template) -> Iterator[Finding]:
    """Refuses an executable file that does not say what runs it."""
    for path, content in new.contents.items():
        if path.stat().st_mode & RUN and not content.startswith(b"#!"):
            yield Finding(
                new.where(path),
                "is executable and has no `#!`, so an update changes the mode of a file that nothing can run",
                "take the mode away: chmod 644",
            )


def stopped(step: Step) -> Iterator[Finding]:
    """Refuses a file that loses its executable bit: what calls it fails after the update."""
    for name, pair in sorted(step.kept.items()):
        before, after = (side.sources[side.own(name)].stat().st_mode & RUN for side in (pair.before, pair.after))
        if before and not after:
            yield Finding(name, "is no longer executable, so what calls it fails", "set the mode again: chmod 755")


def _is_text(content: bytes) -> bool:
    try:
        return "\0" not in content.decode("utf-8")
    except UnicodeDecodeError:
        return False
