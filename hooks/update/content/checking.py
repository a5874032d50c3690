"""Checks the files that an update would leave, before they are written: markers, Python that compiles, own imports.

Nothing is imported or run: the merged code is the template's, and nobody has read it yet.
"""

import ast
import re
from collections.abc import Iterable
from pathlib import Path

from merging import Entry

from content import objects
from content.imports import lost

MARKERS = re.compile(rb"(?m)^(?:<{7} |>{7} )")


def check(ours: dict[str, Entry], result: dict[str, Entry], conflicts: Iterable[str], scratch: Path) -> dict[str, str]:
    """Returns what is wrong, by path: in files that an update changes, and in own files that import what it changes.

    Args:
        ours: Files of the project.
        result: Those of the project after the update.
        conflicts: Files with conflict markers of this update, which are said anyway.
        scratch: Repository with the contents.
    """
    changed = [path for path in result if ours.get(path) != result[path] and _text(result[path])]
    gone = [path for path in ours if path not in result]
    python = {path for side in (ours, result) for path in side if path.endswith(".py") and _text(side[path])}
    touched = python & {*changed, *gone}
    wanted = {result[path][1] for path in changed}
    if touched:
        wanted |= {side[path][1] for side in (ours, result) for path in python if path in side}
    known = objects.read(wanted, scratch)
    skipped = set(conflicts)
    wrong = {path: _marked(known[result[path][1]]) for path in changed if path not in skipped}
    unmarked = {path for path in touched & wrong.keys() if not wrong[path]}
    wrong |= {path: _broken(known[result[path][1]]) for path in unmarked if not _was_broken(path, ours, known)}
    unread = skipped | {path for path, sentence in wrong.items() if sentence}
    if touched:
        before, after = ({path: known[side[path][1]] for path in python if path in side} for side in (ours, result))
        wrong = lost(before, after, touched, unread) | {path: wrong[path] for path in unread - skipped}
    return {path: sentence for path, sentence in sorted(wrong.items()) if sentence}


def _text(entry: Entry) -> bool:
    return entry[0].startswith("100")


def _marked(text: bytes) -> str:
    found = MARKERS.search(text)
    line = text.count(b"\n", 0, found.start()) + 1 if found else 0
    return f"line {line} is a conflict marker that was committed: resolve it" if found else ""


def _broken(text: bytes) -> str:
    try:
        ast.parse(text)
    except SyntaxError as error:
        return f"does not compile, line {error.lineno} ({error.msg}): correct it"
    except ValueError as error:
        return f"does not compile ({error}): correct it"
    return ""


def _was_broken(path: str, ours: dict[str, Entry], known: dict[str, bytes]) -> bool:
    return path in ours and bool(_broken(known[ours[path][1]]))
