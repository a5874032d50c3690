"""Rules about the lists of moves as files: readable, named by their version, and never changed once released."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from packaging.version import Version

from release import move_list
from release.finding import Finding
from release.move_list import FOLDER, Moves
from release.step import Last
from release.template import Template
from release.version import parsed


def moved(last: Last, new: Template) -> Moves:
    """Returns what this release moves, by the lists that can be read and that the last release did not have."""
    return move_list.joined([moves for _, moves in _read(last, new) if isinstance(moves, Moves)])


def unreadable(last: Last, new: Template) -> Iterator[Finding]:
    """Refuses a list that is none."""
    for name, moves in _read(last, new):
        if isinstance(moves, str):
            yield Finding(f"{FOLDER}/{name}", f"is no list of moves ({moves})", "write `moves` and `splits` of paths")


def unnamed(last: Last, new: Template, tag: str | None) -> Iterator[Finding]:
    """Refuses a list of a version that no update passes: the guard reads those after a project's, up to the new one."""
    target = parsed(tag) if tag is not None else None
    for name, _ in _read(last, new):
        where, version = f"{FOLDER}/{name}", parsed(PurePosixPath(name).stem)
        if version is None or PurePosixPath(name).suffix != ".yaml":
            yield Finding(where, "is named by no version", "name it by the release that moves: 1.2.0.yaml")
        elif last.version is not None and version <= last.version:
            yield Finding(where, f"is not after the last release, {last.version}", "name it by the next release")
        elif target is not None and version > Version(target.base_version):
            yield Finding(where, f"is of a later release than {tag}", f"name it {tag}.yaml")


def changed(last: Last, new: Template) -> Iterator[Finding]:
    """Refuses another content of a list that was released: projects of older releases still need it."""
    now = move_list.files(new.folder)
    for name, text in move_list.files(last.template.folder).items():
        if now.get(name) != text:
            yield Finding(
                f"{FOLDER}/{name}",
                "was released, and is gone or changed, so older projects would be carried to the wrong paths",
                "restore it, and write the new moves into a list of the next version",
            )


def _read(last: Last, new: Template) -> Iterator[tuple[str, Moves | str]]:
    released = move_list.files(last.template.folder)
    for name, text in move_list.files(new.folder).items():
        if name in released:
            continue
        try:
            yield name, move_list.parsed(text)
        except ValueError as error:
            yield name, str(error)
