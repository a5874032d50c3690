"""The folder of the package below `src/`: renamed by hand, or by an answer that own modules must follow."""

from collections.abc import Iterable

QUESTION = "package_name"
LEAST = 0.5  # of the template's modules that a folder must have to be the package under another name


def _below(folder: str, paths: Iterable[str]) -> set[str]:
    return {path.removeprefix(folder) for path in paths if path.startswith(folder)}


def renamed(package: str, base: Iterable[str], ours: Iterable[str]) -> str | None:
    """Returns the name that the package's folder has in the project, where that was renamed by hand.

    Args:
        package: The recorded name.
        base: Paths of the template's files.
        ours: Paths of the project's files.
    """
    wanted = _below(f"src/{package}/", base)
    paths = list(ours)
    if not wanted or _below(f"src/{package}/", paths):
        return None
    folders = {path.split("/")[1] for path in paths if path.startswith("src/") and path.count("/") > 1}
    shares = {name: len(wanted & _below(f"src/{name}/", paths)) / len(wanted) for name in folders}
    best = max(shares, key=lambda name: shares[name], default=None)
    return best if best is not None and shares[best] >= LEAST else None


def left_behind(before: str, after: str, result: Iterable[str]) -> dict[str, str]:
    """Returns the files that stay in the old folder when the answer changes, each with what to do."""
    if before == after:
        return {}
    old, new = f"src/{before}/", f"src/{after}/"
    todo = f"your own file stays here, and the package is now {new}: `git mv` it there, and correct its imports"
    return {path: todo for path in sorted(result) if path.startswith(old)}
