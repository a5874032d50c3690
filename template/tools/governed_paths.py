"""Says which governed paths CODEOWNERS does not name: `make check`.

The file is the project's own once it is edited, so that an update does not touch it, and a path that a newer release
governs is owned by nobody in particular. To silence this, write the path into a comment of CODEOWNERS, with the reason.
"""

import sys
from pathlib import Path

OWNERS = Path(".github/CODEOWNERS")
# What decides whether a model is let through, what runs with rights, and what says which packages run.
GOVERNED = (
    "/params.yaml",
    "/prices.yaml",
    "/dvc.yaml",
    "/src/*/__init__.py",
    "/src/*/expectations.py",
    "/src/*/gates.py",
    "/src/*/metrics.py",
    "/src/*/schema.py",
    "/src/*/project.py",
    "/src/*/roles.py",
    "/src/*/stages/",
    "/src/*/commands/",
    "/src/*/mlops/",
    "/src/*/mlops/github/",
    "/audit.jsonl",
    "/tests/mlops/",
    "/tests/model/",
    "/docs/governance.md",
    "/docs/threat-model.md",
    "/.copier-answers.yml",
    "/.github/",
    "/deploy/",
    "/tools/",
    "/.pre-commit-config.yaml",
    "/Makefile",
    "/pyproject.toml",
    "/SECURITY.md",
)


def missing(owners: str) -> list[str]:
    """Returns the governed paths that a CODEOWNERS names nowhere, neither in a line nor in a comment."""
    words = {word for line in owners.splitlines() for word in line.split()}
    general = {
        "/".join(["", "src", "*", *parts[3:]])
        for word in words
        if len(parts := word.split("/")) > 3 and parts[1] == "src"
    }
    return [path for path in GOVERNED if path not in words | general]


def main() -> int:
    """Prints the missing paths, which is no failure; returns the exit code."""
    try:
        found = missing(OWNERS.read_text(encoding="utf-8"))
    except OSError as error:
        sys.stderr.write(f"{OWNERS} can't be read ({error.strerror}): restore it with `git checkout {OWNERS}`\n")
        return 1
    for path in found:
        sys.stderr.write(
            f"{OWNERS} names no owner of {path}: add a line `{path} @TEAM`, or a comment that says why not\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
