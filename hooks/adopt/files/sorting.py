"""Compares the rendered files with the committed ones: new, same, yours, or both, the template's under another path."""

import re

from adopt.draft import BESIDE, Draft
from adopt.sides.repository import SYMLINK, AdoptError

MERGED = {"pyproject.toml", ".gitignore"}  # other modules make one file of the two
ELSEWHERE = {
    "Makefile": f"{BESIDE}/Makefile",
    ".pre-commit-config.yaml": f"{BESIDE}/pre-commit.yaml",
    "tests/conftest.py": "conftest.py",
}
# Other names for the same thing. The template's file next to one of them would be what GitHub or make read instead.
SYNONYMS = {
    "README.md": ("README", "README.rst", "README.txt"),
    "LICENSE": ("LICENSE.md", "LICENSE.txt", "LICENCE", "COPYING"),
    "SECURITY.md": (".github/SECURITY.md", "docs/SECURITY.md"),
    ".github/CODEOWNERS": ("CODEOWNERS", "docs/CODEOWNERS"),
    ".github/dependabot.yml": (".github/dependabot.yaml",),
    "Makefile": ("GNUmakefile",),
}
# Without these the pipeline or its commands are not what the template means.
NEEDED = re.compile(
    r"(dvc|params|prices)\.yaml|\.dvc/config|(tests/)?conftest\.py|pyproject\.toml|(mk|src|tools)/.*|\.github/workflows/.*|Makefile"
)


def sort(draft: Draft) -> None:
    """Takes out of the draft what is not to be committed at its path, and says why.

    Raises:
        AdoptError: A file of the repository is where the template has a folder, or the other way round.
    """
    _demand_folders(draft)
    for path in sorted(draft.files):
        theirs = counterpart(draft, path)
        if theirs is None:
            draft.say("new", path)
        elif theirs == path and _equal(draft.repository.read(path), draft.files[path]):
            del draft.files[path]
            draft.say("same", path)
        elif path in MERGED and theirs == path and not _symlink(draft, path):
            continue
        elif (other := _elsewhere(path)) and counterpart(draft, other) is None and not _symlink(draft, theirs):
            draft.files[other] = draft.files.pop(path)
            draft.elsewhere[path] = other
            if path != "Makefile":
                draft.say("both", theirs, f"yours stays; the template's is {other}")
        else:
            del draft.files[path]
            draft.keep.append(path)
            needed = bool(NEEDED.fullmatch(path))
            what = "the template's commands need theirs: bring yours into its form" if needed else "stays"
            draft.say("yours", theirs, what, person=needed)


def counterpart(draft: Draft, path: str) -> str | None:
    """Returns the committed file that has the part of a template's file: the same path, but for case, or a synonym."""
    entries = draft.repository.entries
    names = [path, *SYNONYMS.get(path, ())]
    exact = next((name for name in names if name in entries), None)
    folded = draft.repository.folded
    return exact or next((folded[name.casefold()] for name in names if name.casefold() in folded), None)


def _symlink(draft: Draft, path: str) -> bool:
    return draft.repository.entries[path].mode == SYMLINK


def _equal(one: bytes, other: bytes) -> bool:
    return one.replace(b"\r\n", b"\n") == other.replace(b"\r\n", b"\n")


def _elsewhere(path: str) -> str | None:
    workflow = re.fullmatch(r"\.github/workflows/([^/]+)", path)
    return f".github/workflows/template-{workflow[1]}" if workflow else ELSEWHERE.get(path)


def _demand_folders(draft: Draft) -> None:
    entries = draft.repository.entries
    folders = {path[:at] for path in entries for at, letter in enumerate(path) if letter == "/"}
    needed = {path[:at]: path for path in draft.files for at, letter in enumerate(path) if letter == "/"}
    for path in sorted({*entries} & {*needed}):
        message = f"{path} is a file, link or submodule here, and the template has {needed[path]}: rename yours first"
        raise AdoptError(message)
    for path in sorted(folders & {*draft.files}):
        message = f"{path} is a folder here, and a file of the template: rename yours first"
        raise AdoptError(message)
