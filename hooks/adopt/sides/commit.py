"""The one commit that adopts the layout, on a new branch: working tree, index and other branches are not touched."""

from pathlib import Path
from tempfile import TemporaryDirectory

from adopt.sides.repository import AdoptError, Repository, git, line


def demand_way(repository: Repository, paths: list[str]) -> None:
    """Refuses where a file that Git ignores lies in the way: switching to the branch would overwrite it.

    Raises:
        AdoptError: There is one.
    """
    taken = sorted({place for path in paths if (place := _taken(repository, path))})
    if taken:
        more = f" and {len(taken) - 3} more" if len(taken) > 3 else ""
        message = (
            f"Git ignores {', '.join(taken[:3])}{more} here, and the template has files there, which would overwrite "
            "yours: move them away, or commit them with `git add --force`"
        )
        raise AdoptError(message)


def _taken(repository: Repository, path: str) -> str | None:
    """Returns what lies at a new path, or at one of its folders without being a folder."""
    for place in reversed([path, *(folder.as_posix() for folder in Path(path).parents[:-1])]):
        here = repository.top / place
        if here.is_symlink() or (here.exists() and (place == path or not here.is_dir())):
            return place
    return None


def tree(repository: Repository, files: dict[str, bytes]) -> str:
    """Stores files on top of the last commit's, and returns the tree."""
    with TemporaryDirectory(prefix="adopt-") as room:
        names = {path: Path(room) / str(number) for number, path in enumerate(sorted(files))}
        for path, name in names.items():
            name.write_bytes(files[path])
        listed = "".join(f"{name}\n" for name in names.values()).encode()
        ids = git("hash-object", "-w", "--no-filters", "--stdin-paths", at=repository.top, feed=listed).decode().split()
        entries = repository.entries
        modes = {path: entries[path].mode if path in entries else "100644" for path in names}
        lines = "".join(f"{modes[path]} {thing}\t{path}\0" for path, thing in zip(names, ids, strict=True)).encode()
        index = {"GIT_INDEX_FILE": str(Path(room) / "index")}
        git("read-tree", repository.head, at=repository.top, variables=index)
        git("update-index", "-z", "--index-info", at=repository.top, feed=lines, variables=index)
        return line("write-tree", at=repository.top, variables=index)


def commit(repository: Repository, files: dict[str, bytes], branch: str, message: str) -> str | None:
    """Commits files to a new branch, as the last step: before it, nothing refers to what was stored.

    Returns:
        The commit; None, where the branch has it already.

    Raises:
        AdoptError: The branch is there with something else, or git can't commit.
    """
    made = tree(repository, files)
    try:
        there = line("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}^{{commit}}", at=repository.top)
    except AdoptError:
        there = None
    if there is not None:
        facts = line("show", "--no-patch", "--format=%T %P", there, at=repository.top)
        if facts == f"{made} {repository.head}":
            return None
        text = f"a branch {branch} is there already: name another one with --branch, or `git branch -D {branch}`"
        raise AdoptError(text)
    try:
        line("var", "GIT_AUTHOR_IDENT", at=repository.top)
    except AdoptError:
        text = "git does not know who you are: `git config user.name NAME`, `git config user.email ADDRESS`"
        raise AdoptError(text) from None
    signed = line("config", "--type=bool", "--default=false", "commit.gpgSign", at=repository.top) == "true"
    words = [*(["-S"] if signed else []), "-p", repository.head, "-m", message, made]
    new = line("commit-tree", *words, at=repository.top)
    git("update-ref", "--create-reflog", f"refs/heads/{branch}", new, "0" * len(new), at=repository.top)
    return new
