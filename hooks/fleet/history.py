"""The report on disk: an update that was stopped resumes with it, and rows of other versions or commits don't count."""

import hashlib
import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FAILED = 1
PAUSE = 1.0  # seconds between two times that the report is written
Row = dict[str, Any]


def key(*facts: object) -> str:
    """Returns what two runs must have in common for a row of the one to count in the other."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()[:16]


@dataclass
class Report:
    """The rows of all projects, by their folders.

    Attributes:
        file: Where they are written to; None for nowhere.
        kind: What they are of; the file of another kind is not overwritten.
        rows: The rows.
        former: Those that an earlier run wrote.
    """

    file: Path | None
    kind: str
    rows: dict[str, Row] = field(default_factory=dict)
    former: dict[str, Row] = field(default_factory=dict)
    _saved: float = 0.0

    def resume(self, folders: set[str]) -> None:
        """Reads what an earlier, perhaps interrupted run of the same kind wrote of these projects.

        Raises:
            SystemExit: The file is no report, or that of something else.
        """
        if self.file is None or not self.file.exists():
            return
        try:
            rows = {row["project"]: row for row in json.loads(self.file.read_text(encoding="utf-8"))}
        except (OSError, ValueError, TypeError, KeyError):
            sys.exit(f"refused: {self.file} is no report of this command: name another --json file")
        others = {str(row.get("kind", "an older release")) for row in rows.values()} - {self.kind}
        if others:
            sys.exit(f"refused: {self.file} is the report of {', '.join(sorted(others))}: name another --json file")
        self.former = {name: row for name, row in rows.items() if name in folders}
        self.rows = dict(self.former)

    def done(self, folder: str, wanted: str) -> Row | None:
        """Returns the row of a project that needs no second run: same version, options and commit, and no failure."""
        row = self.former.get(folder)
        return row if row and row.get("key") == wanted and row.get("exit") != FAILED else None

    def add(self, row: Row) -> None:
        """Adds or replaces a row."""
        self.rows[row["project"]] = row
        if time.monotonic() - self._saved > PAUSE:
            self.save()

    def save(self) -> None:
        """Writes the report, all of it or nothing."""
        self._saved = time.monotonic()
        if self.file is not None:
            rows = [self.rows[name] for name in sorted(self.rows)]
            write(self.file, json.dumps(rows, indent=1, ensure_ascii=False) + "\n")


def write(file: Path, text: str) -> None:
    """Writes a file next to its place and renames it, so that an interrupted run leaves a whole one."""
    beside = file.with_suffix(f"{file.suffix}.part")
    beside.write_text(text, encoding="utf-8", errors="backslashreplace")
    beside.replace(file)
