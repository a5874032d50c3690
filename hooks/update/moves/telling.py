"""Says what the moves did to each file, and what a person must do because it could not follow."""

from outcome import Merge
from rewriting import kinds

from . import blobs
from .carried import Carried

SHOWN = 3  # names in a line of the report


def tell(merge: Merge, carried: Carried) -> None:
    """Adds to a merge what the moves did before it."""
    for old, row in carried.names.rows.items():
        away = row.to not in merge.ours or carried.names.paths.get(row.to)
        if row.to in merge.result and old in merge.ours and away and row.to != old:
            merge.moved[row.to] = old
            edited = merge.ours[old] != carried.recorded.get(old)
            _note(merge, row.to, f"from {old}{', with your edits' if edited else ''}")
    for old, row in carried.names.rows.items():
        for place in dict.fromkeys(place for place, _ in row.names.values()) if old in merge.ours else ():
            merge.parted.setdefault(place, []).append(old)
    for (old, place), names in carried.split.items():
        _note(merge, place, f"your edits of {', '.join(names)} came along from {old}")
    for (old, place), names in carried.deleted.items():
        _note(merge, place, f"{', '.join(names)}, deleted from {old} here, is in it: delete what you do not want")
    _stays(merge, carried)
    for path, done in carried.rewritten.items():
        if merge.result.get(path) in (None, merge.theirs.get(path)):
            continue  # the template's own
        pairs = [f"{old} -> {new}" for old, new in done.changes.items()]
        if path in merge.theirs or not pairs:
            _note(merge, path, "imports and paths follow the moves")
        else:
            more = f" and {len(pairs) - SHOWN} more" if len(pairs) > SHOWN else ""
            _note(merge, path, f"follows the moves: {', '.join(pairs[:SHOWN])}{more}")
    _manual(merge, carried)


def _stays(merge: Merge, carried: Carried) -> None:
    for old in carried.stranded:
        places = carried.names.paths[old]
        went = {name for (path, _), names in carried.split.items() if path == old for name in names}
        along = (
            f"your edits of {', '.join(sorted(went))} went along, your other edits are" if went else "your edits are"
        )
        merge.keep(
            old,
            f"the template split it into {', '.join(places)}, which are used from now on; {along} in this file: "
            "take them over, then delete it",
        )
    for old, new in carried.refused.items():
        why = f"{old} belongs at {new} now, where a file of yours is: rename yours, commit, and update again"
        for path in (old, new):
            if path in merge.ours:
                merge.keep(path, why)
    for here, (old, there) in carried.moved_by_both.items():
        merge.keep(
            here,
            f"you moved {old} here, the template moved it to {there}, which is used from now on: "
            f"take over your edits into {there}, or let what imports it import yours, then delete one of them",
        )


def _manual(merge: Merge, carried: Carried) -> None:
    """Says what names old places still, in files that are not simply the template's."""
    wanted = {path for path, done in carried.rewritten.items() if done.manual and path in merge.result}
    wanted = {path for path in wanted if merge.result[path] != merge.theirs.get(path)}
    contents = blobs.read(merge.scratch, {merge.result[path][1] for path in wanted})
    for path in sorted(wanted):
        manual = carried.rewritten[path].manual
        content = contents.get(merge.result[path][1], b"")
        text = blobs.decoded(content, kinds.encoding(path, content))
        if path in merge.theirs and text is not None:  # the template may have changed those lines itself
            manual = kinds.rewrite(text, (path, path), carried.names).manual
        if manual:
            more = f"; and {len(manual) - SHOWN} more" if len(manual) > SHOWN else ""
            _note(merge, path, f"change yourself: {'; '.join(manual[:SHOWN])}{more}")
            merge.person.add(path)


def _note(merge: Merge, path: str, text: str) -> None:
    merge.notes[path] = f"{merge.notes[path]}; {text}" if path in merge.notes else text
