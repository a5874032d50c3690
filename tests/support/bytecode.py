"""Bytecode of packages, compiled once a session: virtual environments that are made later have it from the first one.

Python compares it with the source, as it always does: what does not fit is compiled again.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Bytecode:
    """The bytecode of a session."""

    folder: Path

    def keep(self, environment: Path) -> None:
        """Links what a virtual environment has compiled by now."""
        for folder in (environment / "lib").rglob("__pycache__"):
            _link(folder, self.folder / folder.relative_to(environment))

    def lend(self, environment: Path) -> None:
        """Links it into a virtual environment, for the packages that are installed there."""
        for folder in self.folder.rglob("__pycache__"):
            into = environment / folder.relative_to(self.folder)
            if into.parent.is_dir():
                _link(folder, into)


def _link(folder: Path, into: Path) -> None:
    into.mkdir(parents=True, exist_ok=True)
    for file in folder.iterdir():
        with suppress(FileExistsError):
            os.link(file, into / file.name)
