"""The folder of the package below `src/`: renamed by hand, or by an answer that own modules must follow."""

from collections.abc import Iterable

from merging import Entry

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


def follow(files: dict[str, Entry], before: str, after: str) -> dict[str, Entry]:
    """Returns files with the package's folder under its new name; a file stays where its new path is taken."""
    old, new = f"src/{before}/", f"src/{after}/"
    if before == after:
        return files
    to = {path: new + path.removeprefix(old) for path in files if path.startswith(old)}
    return {to[path] if path in to and to[path] not in files else path: entry for path, entry in files.items()}
