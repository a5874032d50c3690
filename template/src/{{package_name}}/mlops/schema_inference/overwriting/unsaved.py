"""Finds what `make schema` would destroy: edits that are in no commit, so that nobody could bring them back.

A file may be overwritten if the last commit has it, or if it is as the template or `make schema` wrote it. In
`params.yaml` only values are replaced, so this holds for each of these values.
"""

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from ...core import lineage
from ...core.atomic import write
from ...core.errors import UsageError

# What was written last. DVC's folder for what is of this machine only; Git ignores it.
WRITTEN = Path(".dvc/tmp/schema_inference")
PACKAGE = str(__package__).partition(".")[0]
# What the template renders: the SHA-256 of `schema.py`, and the values in `params.yaml` that another file replaces.
SCHEMA = "37850a11ce968c173e6787aca4345c5cf188b05fe8ffe410eb24777ed5739a80"
VALUES: dict[str, Any] = {
    "ingest.source": "sample",
    "ingest.watch": f"src/{PACKAGE}/mlops/data/synthetic.py",
    "ingest.csv": {"delimiter": ",", "encoding": "utf-8", "decimal": ".", "time_format": None},
    "validate.min_rows": 100,
    "train.allow_leaks": [],
    "evaluate.minimum": {"roc_auc": 0.8},
}


def _former(path: Path) -> list[str]:
    """Returns the texts of a file that can be brought back: that of the last commit, and what was written last."""
    committed, written = lineage.committed(path), WRITTEN / path.name
    texts = [] if committed is None else [committed.decode("utf-8", "replace").replace("\r\n", "\n")]
    return [*texts, written.read_text(encoding="utf-8")] if written.exists() else texts


def is_unsaved(path: Path) -> bool:
    """Whether a file holds a text that nobody could bring back."""
    if not path.exists():
        return False
    text = path.read_text(encoding="utf-8")
    return hashlib.sha256(text.encode()).hexdigest() != SCHEMA and text not in _former(path)


def _values(text: str) -> dict[str, Any]:
    content = yaml.safe_load(text)
    sections = content.items() if isinstance(content, dict) else ()
    return {f"{name}.{key}": value for name, keys in sections if isinstance(keys, dict) for key, value in keys.items()}


def lost_values(path: Path, new: str) -> list[str]:
    """Returns the settings whose value a new text of `params.yaml` replaces, and that nobody could bring back."""
    before, after = _values(path.read_text(encoding="utf-8")), _values(new)
    known = [VALUES, *map(_values, _former(path))]
    replaced = [key for key in VALUES if key in before and before[key] != after.get(key)]
    return [key for key in replaced if not any(key in values and values[key] == before[key] for values in known)]


def _beside(path: Path) -> Path:
    numbers = range(1, 1000)
    names = [f"{path.name}.before", *(f"{path.name}.before-{number}" for number in numbers[1:])]
    return next(free for free in map(path.with_name, names) if not free.exists())


def protect(files: Iterable[Path], settings: Path, new_settings: str, *, force: bool) -> list[str]:
    """Refuses to overwrite what nobody could bring back, or copies it first.

    Args:
        files: Those that are overwritten as a whole.
        settings: `params.yaml`.
        new_settings: What it will be.
        force: Copy instead of refusing.

    Returns:
        What was copied, in sentences.

    Raises:
        UsageError: Something would be lost.
    """
    lost = {path: path.name for path in files if is_unsaved(path)}
    if keys := lost_values(settings, new_settings):
        lost[settings] = f"{settings.name} ({', '.join(keys)})"
    if lost and not force:
        raise UsageError(
            f"{' and '.join(lost.values())} would be overwritten, and no commit has what is there now: commit it, or "
            'give --force (ARGS="--force" to make), which keeps a copy of it.'
        )
    copies = {path: _beside(path) for path in lost}
    for path, copy in copies.items():
        shutil.copyfile(path, copy)
    return [f"{path.name} as it was is in {copy.name} next to it" for path, copy in copies.items()]


def remember(path: Path) -> None:
    """Keeps a text that was just written, so that it may be overwritten as long as nobody edits it."""
    write(WRITTEN / path.name, path.read_text(encoding="utf-8"))
