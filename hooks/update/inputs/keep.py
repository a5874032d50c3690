"""What a project keeps for itself: what `.template-keep.yml` lists, and edited pages that only people can merge."""

import difflib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import yaml
from content import objects
from merging import Entry
from pathspec import GitIgnoreSpec
from record import ANSWERS
from repository import GuardError

FILE = ".template-keep.yml"
OFFERED = ("README.md", ".github/CODEOWNERS")
Sides = tuple[dict[str, Entry], dict[str, Entry], dict[str, Entry]]
LONGEST = 200  # lines of an offer


@dataclass
class Kept:
    """What stays as the project has it.

    Attributes:
        listed: Patterns of the paths to keep.
        reasons: Why, by path, where the template changed it.
        person: Those of them that a person must look at.
        offers: What the template changed in an edited page, as a patch, by path.
    """

    listed: list[str] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)
    person: set[str] = field(default_factory=set)
    offers: dict[str, str] = field(default_factory=dict)

    @cached_property
    def _spec(self) -> GitIgnoreSpec:
        return GitIgnoreSpec.from_lines(self.listed)

    def keeps(self, path: str) -> bool:
        """Whether the project lists a path."""
        return bool(self._spec.match_file(path))


def patterns(folder: Path) -> list[str]:
    """Returns the patterns that a project lists; none without the file.

    Raises:
        GuardError: The file says something else.
    """
    path = folder / FILE
    if not path.is_file():
        return []
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
        listed = found.get("keep") or []
        lines = isinstance(listed, list) and all(isinstance(line, str) and line.strip() for line in listed)
        if not lines or not found.keys() <= {"keep", "elsewhere"}:
            raise TypeError
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError, TypeError):
        message = f"{path} lists no paths: write `keep:`, and below it a line `- path` for each, as in .gitignore"
        raise GuardError(message) from None
    return listed


def hold(sides: Sides, listed: list[str], scratch: Path, moved: dict[str, list[str]]) -> Kept:
    """Takes out of base and new version what the project keeps, so that the merge has nothing to do there.

    Args:
        sides: Files of the recorded version, the new version and the project; the first two are changed.
        listed: Patterns of the paths to keep.
        scratch: Repository with the contents.
        moved: New paths of each file that moves; what would go to a kept path stays where it is.
    """
    base, theirs, ours = sides
    kept = Kept(listed)
    for path in sorted((base.keys() | theirs.keys()) - {ANSWERS}):
        changed = base.get(path) != theirs.get(path)
        if kept.keeps(path):
            if changed:
                kept.reasons[path] = f"listed in {FILE}: it stays as you have it"
        elif (
            path in OFFERED and changed and path in base and ours.get(path) not in (None, base[path], theirs.get(path))
        ):
            kept.reasons[path] = "edited here: it stays as you have it, and the template's change is offered below"
            kept.offers[path] = _patch(path, base.get(path), theirs.get(path), scratch)
        else:
            continue
        _stay(path, sides)
    for old in moved.keys() & base.keys() & ours.keys() - kept.reasons.keys():
        held = [place for place in moved[old] if place in kept.reasons]
        if held:
            kept.reasons[old] = (
                f"belongs at {held[0]} now, which {FILE} keeps: it stays here; keep it too, or free {held[0]}"
            )
            kept.person.add(old)
            _stay(old, sides)
    return kept


def _stay(path: str, sides: Sides) -> None:
    base, theirs, ours = sides
    for side in (base, theirs):
        side.pop(path, None)
        if path in ours:
            side[path] = ours[path]


def _patch(path: str, old: Entry | None, new: Entry | None, scratch: Path) -> str:
    texts = objects.read([entry[1] for entry in (old, new) if entry], scratch)

    def lines(entry: Entry | None) -> list[str]:
        return texts[entry[1]].decode(errors="replace").splitlines() if entry else []

    found = list(difflib.unified_diff(lines(old), lines(new), f"a/{path}", f"b/{path}", lineterm="", n=1))
    more = [f"... and {len(found) - LONGEST} more lines"] if len(found) > LONGEST else []
    return "\n".join(found[:LONGEST] + more)
