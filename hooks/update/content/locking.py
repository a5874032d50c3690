"""Brings `uv.lock` up to date where an update changes what it locks: else the first step of every CI job fails."""

import subprocess
import tomllib
from pathlib import Path, PurePosixPath
from typing import Any

from merging import Entry

from content import objects

PATIENCE = 300  # seconds
PARTS = ("project", "dependency-groups", "build-system")
WHY = "doesn't fit the new dependencies of {}: run `uv lock`"
Lines = dict[str, str]


def stale(ours: dict[str, Entry], result: dict[str, Entry], scratch: Path) -> list[str]:
    """Returns the lock files whose `pyproject.toml` gets other dependencies."""
    pairs = {
        str(PurePosixPath(path).with_name("pyproject.toml")): path
        for path in result
        if PurePosixPath(path).name == "uv.lock"
    }
    pairs = {made: path for made, path in pairs.items() if made in result and ours.get(made) != result[made]}
    texts = objects.read([side[made][1] for made in pairs for side in (ours, result) if made in side], scratch)

    def says(side: dict[str, Entry], made: str) -> Any:
        return _locked(texts[side[made][1]]) if made in side else None

    return [path for made, path in sorted(pairs.items()) if says(ours, made) != says(result, made)]


def _locked(text: bytes) -> dict[str, Any] | None:
    try:
        found = tomllib.loads(text.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return None
    return {**{part: found.get(part) for part in PARTS}, "uv": found.get("tool", {}).get("uv")}


def lock(result: dict[str, Entry], lock_file: str, scratch: Path, room: Path) -> tuple[Entry | None, str]:
    """Locks again, in a folder that has the project's `pyproject.toml` files and nothing else.

    Args:
        result: Files of the project after the update.
        lock_file: The lock file.
        scratch: Repository with the contents.
        room: Folder to work in.

    Returns:
        The lock file's new entry, or None and a sentence that says why there is none.
    """
    home = PurePosixPath(lock_file).parent
    made = str(home / "pyproject.toml")
    names = [path for path in result if PurePosixPath(path).name in ("pyproject.toml", "uv.toml")]
    texts = objects.read([result[path][1] for path in (*names, lock_file)], scratch)
    if _locked(texts[result[made][1]]) is None:
        return None, WHY.format(f"{made}, which is no TOML")
    folder = room / "lock"
    for path in (*names, lock_file):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(texts[result[path][1]])
    command = ["uv", "lock", "--quiet", "--directory", str(folder / home)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)  # noqa: S603
    except (FileNotFoundError, subprocess.TimeoutExpired) as error:
        return None, f"{WHY.format(made)} ({type(error).__name__})"
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no reason given"])[-1].lstrip(" ╰─▶")
        return None, f"{WHY.format(made)} (it failed here: {said[:200]})"
    (name,) = objects.write([(folder / lock_file).read_bytes()], scratch)
    return (result[lock_file][0], name), ""
