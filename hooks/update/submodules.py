"""Leaves submodules where they are: their place is in `.gitmodules` and in git's own directory too."""

from outcome import Merge
from repository import GuardError

MODE = "160000"


def stay(merge: Merge) -> None:
    """Takes back what moves did to submodules, and says it.

    Raises:
        GuardError: A file would come to where a submodule is, or the other way round.
    """
    links = {path for path, (mode, _) in merge.ours.items() if mode == MODE}
    leaving = sorted(path for path in links if merge.result.get(path) != merge.ours[path])
    for new in sorted(path for path, (mode, _) in merge.result.items() if mode == MODE and path not in links):
        old = next((path for path in leaving if merge.ours[path] == merge.result[new]), None)
        if old is None or old in merge.result or new in merge.ours:
            break
        leaving.remove(old)
        merge.moved.pop(new, None)
        merge.result[old] = merge.result.pop(new)
        merge.reasons[old] = f"a submodule, which stays where it is: `git mv {old} {new}` if it belongs there now"
        merge.person.add(old)
    for path in sorted(merge.ours.keys() | merge.result.keys()):
        sides = (merge.ours.get(path), merge.result.get(path))
        if sides[0] != sides[1] and any(entry and entry[0] == MODE for entry in sides):
            message = f"{path} is a submodule, and the update would change it: move it away, commit, and update again"
            raise GuardError(message)
