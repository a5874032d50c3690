"""Merges what two branches recorded: `make merge`, or by git itself once `make setup` has told it to.

`.gitattributes` says which files are logs, whose lines are those of both branches, and which are generated: these are
taken from one side as a whole, and made again by `make run`. It needs git and Python 3.9, and runs where git starts it.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from merge_rules import AUDIT, KNOWN, LOCK, LOG, MADE, RefusedError, marked, taken, takes_ours, undecided, union


def git(*arguments: str, feed: bytes = b"") -> bytes | None:
    """Runs git, and returns what it printed; None where it failed."""
    done = subprocess.run(("git", *arguments), input=feed, capture_output=True, check=False)  # noqa: S603, S607
    return done.stdout if done.returncode == 0 else None


def fields(*arguments: str) -> list[str]:
    """Returns what git printed, split at the zeros of `-z`, else at line ends."""
    text = os.fsdecode(git(*arguments) or b"")
    return [field for field in text.split("\0" if "-z" in arguments else "\n") if field]


def blob(name: str) -> bytes:
    """Returns the bytes that git has under a name; none where it has nothing."""
    return git("cat-file", "blob", name) or b""


def say(sentence: str) -> None:
    """Prints a sentence, if there is one."""
    sys.stderr.write(f"{sentence}\n" if sentence else "")


def other_side(path: str, content: bytes) -> str:
    """Returns the commit that git merges here, which it does not tell a driver; nothing where it can't be found."""
    name = (git("hash-object", "--stdin", feed=content) or b"").decode().strip()
    for commit in (key[len("GITHEAD_") :] for key in os.environ if key.startswith("GITHEAD_")):
        if fields("rev-parse", "--verify", "--quiet", f"{commit}:{path}") == [name]:
            return commit
    # A rebase or a cherry-pick applies the commit that brought these bytes.
    known = fields("log", "--all", "--reflog", "--format=%H", f"--find-object={name}", "--", path)
    return known[0] if known else ""


def drive(kind: str, ours: Path, theirs: Path, path: str) -> None:
    """Merges a file as git asks: the result is written over our side of it."""
    mine, other = ours.read_bytes(), theirs.read_bytes()
    if kind == LOG:
        merged = union(mine, other, path)
        ours.write_bytes(merged)
        say(undecided(merged) if Path(path).name == AUDIT else "")
        return
    folder, commit = path[: len(path) - len(Path(path).name)], other_side(path, other)
    here, there = ({name: blob(f"{at}:{folder}{name}") for name in (AUDIT, LOCK)} for at in ("HEAD", commit or "HEAD"))
    kept = takes_ours(here[AUDIT], union(here[AUDIT], there[AUDIT], AUDIT), (here[LOCK], there[LOCK]))
    ours.write_bytes(mine if kept else other)
    say(taken(kept) if Path(path).name == LOCK else "")


def conflicts() -> dict[str, dict[int, str]]:
    """Returns the blobs of the sides of each file in conflict below this folder: 1 the ancestor, 2 ours, 3 theirs."""
    found: dict[str, dict[int, str]] = {}
    for field in fields("ls-files", "--unmerged", "-z"):
        head, _, path = field.partition("\t")
        found.setdefault(path, {})[int(head.split()[2])] = head.split()[1]
    return found


def here(path: str) -> bytes:
    """Returns the bytes of a file of the folder; none where it is absent."""
    return Path(path).read_bytes() if Path(path).is_file() else b""


def write(path: str, content: bytes) -> None:
    """Writes a file whole or not at all, and tells git that it is resolved."""
    beside = Path(f"{path}.{os.getpid()}.part")
    beside.write_bytes(content)
    beside.replace(path)
    if git("add", "--", path) is None:
        raise RefusedError(f"git can't add {path}: `git add {path}` says why.")
    say(f"resolved {path}")


def resolve() -> None:
    """Resolves what a merge, rebase, cherry-pick or stash left in conflict, of the files that this program knows."""
    kinds = {path: KNOWN[path] for path in fields("ls-files", "-z", "--", *KNOWN)}
    kinds |= {path: kind for kind in (LOG, MADE) for path in fields("ls-files", "-z", f":(attr:merge={kind})")}
    for path in kinds:
        if path not in conflicts() and marked(here(path)):
            git("checkout", "--merge", "--", path)  # added with its markers: until the commit, git knows the sides
    sides = conflicts()
    log = [path for path, kind in kinds.items() if kind == LOG and (path in sides or marked(here(path)))]
    made = [path for path, kind in kinds.items() if kind == MADE and path in sides]
    for path in log:
        both = [blob(sides[path][stage]) if stage in sides[path] else b"" for stage in (2, 3)] if path in sides else []
        write(path, union(*both or (here(path), b""), path))
    merged, locks = here(AUDIT), [blob(sides.get(LOCK, {}).get(stage, "")) for stage in (2, 3)]
    ours = blob(sides[AUDIT].get(2, "")) if AUDIT in sides else blob(f"HEAD:./{AUDIT}")
    kept = takes_ours(ours, merged, (locks[0], locks[1]))
    for path in made:
        order = (2, 3) if kept else (3, 2)
        write(path, blob(next(sides[path][stage] for stage in order if stage in sides[path])))
    say(taken(kept) if made else "")
    say(undecided(merged))
    if broken := [path for path in kinds if marked(here(path))]:
        raise RefusedError(
            f"{', '.join(broken)} have been committed with conflict markers: `git rm` them, and `make run`."
        )
    if left := sorted(conflicts()):
        raise RefusedError(f"still in conflict: {', '.join(left)}; resolve and `git add` what is left, then go on.")
    say("`git status` says how to go on." if log or made else "there is nothing to merge here.")


def install() -> None:
    """Tells git of this clone to merge these files with this program."""
    prefix = os.fsdecode(git("rev-parse", "--show-prefix") or b"").rstrip("\n")
    program, python = shlex.quote(f"{prefix}tools/merge_driver.py"), shlex.quote(f"{prefix}.venv/bin/python")
    for kind, name in ((LOG, "the lines of both branches"), (MADE, "one branch's file as a whole")):
        driver = f'python={python}; test -x "$python" || python=python3; "$python" {program} {kind} %A %B %P'
        for key, text in (("name", name), ("driver", driver)):
            if git("config", f"merge.{kind}.{key}", text) is None:
                raise RefusedError("git can't write its settings here: run `git init`, then `make setup`.")


def main() -> int:
    """Resolves, installs, or merges one file for git; returns the exit code."""
    given = sys.argv[1:]
    try:
        if len(given) == 4:
            drive(given[0], Path(given[1]), Path(given[2]), given[3])
        elif given == ["install"]:
            install()
        else:
            resolve()
    except RefusedError as refused:
        say(f"refused: {refused}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
