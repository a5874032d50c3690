"""Rules about moves: each row of a list fits both releases, and a file that moved leaves nothing behind."""

from collections import Counter
from collections.abc import Iterator

from release.finding import Finding
from release.move_list import Moves
from release.rules.moving.likeness import ENTRY, HALF, defined, likeness, overlap, share
from release.rules.paths import GUARD, LIST, inside, named
from release.step import Pair, Step


def rows(step: Step, moved: Moves) -> Iterator[Finding]:
    """Refuses a row whose old path was not there, whose new one is not, and two rows to one path."""
    for old in sorted(moved.rows):
        pairs = [pair for pair in step.pairs if pair.before.own(old) in pair.before.sources]
        if not pairs:
            yield _row(
                old, "was not rendered by the last release", "write it as a project has it, `{package}` included"
            )
        for new in moved.places(old):
            yield from _place(step, pairs, old, new, moved)
    targets = Counter(moved.moves.values())
    for new in sorted(new for new, count in targets.items() if count > 1):
        yield _row(new, "is the new path of two files", "make it `splits`, or leave one where it is")


def _place(step: Step, pairs: list[Pair], old: str, new: str, moved: Moves) -> Iterator[Finding]:
    without = [pair for pair in pairs if pair.after.own(new) not in pair.after.sources]
    if without and (len(without) == len(pairs) or not named(step, old)):
        remedy = "correct the path, or its condition"
        if len(without) < len(pairs):
            remedy += f"; or name {inside(old)} in CHANGELOG.md with the answers that keep it"
        yield _row(old, f"goes to {new}, which not every project gets that has it", remedy)
    if (
        old in moved.moves
        and any(pair.before.own(new) in pair.before.sources for pair in pairs)
        and new not in moved.rows
    ):
        yield _row(old, f"goes to {new}, where the last release has another file", "choose another path")
    if any(
        pair.before.written_once(pair.before.own(old)) and not pair.after.written_once(pair.after.own(new))
        for pair in pairs
    ):
        yield _row(
            old, f"is the project's own and goes to {new}, which is not in `_skip_if_exists`", f"list {new} there"
        )
    if any(pair.after.parked(pair.before.own(old)) or pair.after.written_once(pair.before.own(old)) for pair in pairs):
        yield _row(
            old,
            "moves and is in `_exclude` or `_skip_if_exists`, so plain Copier would leave a dead file with the edits",
            "take the old path out",
        )


def split(step: Step, moved: Moves) -> Iterator[Finding]:
    """Refuses a split of names that are not in the old file or not in the new one, and one that leaves a name out."""
    for old, places in sorted(moved.splits.items()):
        texts = {new: _text(step, new, old=False) for new in places}
        before = defined(_text(step, old, old=True) or "")
        listed = {name for names in places.values() for name in names}
        for new, names in sorted(places.items()):
            after = defined(texts[new] or "")
            for name, into in sorted(names.items()):
                if name not in before:
                    yield _row(old, f"splits off {name}, which it does not define", "name what the module defines")
                elif into not in after:
                    yield _row(old, f"splits {into} off to {new}, which does not define it", "correct the name or path")
            rest = defined(_text(step, moved.moves.get(old, old), old=False) or "")
            for name in sorted((before & after) - listed - rest - ENTRY):
                yield _row(old, f"leaves out {name}, which is in {new}", "list the name, or an edit in it would strand")


def left(step: Step, moved: Moves) -> Iterator[Finding]:
    """Refuses a file at the old path of one that moved: it hides the move from Git, and edits conflict or strand."""
    for old, (before, after) in step.changed.items():
        new = None if old.startswith(GUARD) else _moved_to(step, old, before, after)
        if old in moved.moves:
            yield _left(old, moved.moves[old])
        elif old in moved.splits and not defined(after):
            yield _left(old, ", ".join(moved.splits[old]))
        elif new is not None and old not in moved.splits:
            yield Finding(
                old,
                f"became {new}, and another file is at its old path, which hides the move from Git",
                f"delete it, and add `{old}: {new}` to `moves`, or the names that went there to `splits`, in {LIST}",
            )
    for old in sorted(moved.moves.keys() & step.kept.keys() - step.changed.keys()):
        yield _left(old, moved.moves[old])


def _moved_to(step: Step, path: str, before: str, after: str) -> str | None:
    stays = max(share(before, after), overlap(before, after) if path.endswith(".py") else 0.0)
    if stays >= HALF:
        return None
    alike = {new: likeness((path, before), (new, text)) for new, text in step.gained.items()}
    best = max(alike, key=lambda new: (alike[new], new), default=None)
    return best if best is not None and alike[best] >= HALF and alike[best] > stays else None


def _text(step: Step, path: str, *, old: bool) -> str | None:
    known = step.old if old else step.gained
    if path in known:
        return known[path]
    pair = step.kept.get(path)
    side = (pair.before if old else pair.after) if pair else None
    return side.text_or_none(side.own(path)) if side else None


def _left(old: str, new: str) -> Finding:
    return Finding(
        old,
        f"moves to {new}, and a file is left at its old path, where edits would strand",
        "delete it; the guard's list keeps old names working",
    )


def _row(path: str, what: str, remedy: str) -> Finding:
    return Finding(f"move of {path}", what, remedy)
