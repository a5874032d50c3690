"""Contents of files in Git's store, many at a time."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from repository import run


def read(names: Iterable[str], at: Path) -> dict[str, bytes]:
    """Returns the contents of objects by their names (`HEAD:path` is one, too); those that are missing are left out."""
    wanted = list(dict.fromkeys(names))
    found = run("cat-file", "--batch", at=at, feed="".join(f"{name}\n" for name in wanted).encode()).stdout
    texts, place = {}, 0
    for name in wanted:
        head_end = found.index(b"\n", place)
        head, place = found[place:head_end], head_end + 1
        if not head.endswith(b" missing"):
            size = int(head.rsplit(b" ", 1)[1])
            texts[name], place = found[place : place + size], place + size + 1
    return texts


def write(contents: Sequence[bytes], at: Path) -> list[str]:
    """Stores contents as they are, and returns the names of the objects in the same order."""
    with TemporaryDirectory(dir=at, prefix="objects-") as made:
        paths = [Path(made) / str(number) for number in range(len(contents))]
        for path, content in zip(paths, contents, strict=True):
            path.write_bytes(content)
        feed = "".join(f"{path}\n" for path in paths).encode()
        command = ("hash-object", "-w", "--no-filters", "--stdin-paths")
        return run(*command, at=at, feed=feed).stdout.decode().split() if paths else []
