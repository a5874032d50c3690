"""What a killed guard before 0.6.0 left: its journal doesn't say which bytes are its own, so nothing is taken back."""

import json
import logging
import os

from repository import run

from . import snapshot
from .journal import Places

log = logging.getLogger(__name__)


def hand_over(places: Places) -> None:
    """Keeps what lies in the files under a ref, and leaves it to a person."""
    added = json.loads(places.legacy.read_text(encoding="utf-8"))["added"]
    options = ("--porcelain", "--no-renames", "--untracked-files=all", "--ignored=matching", "-z")
    listed = os.fsdecode(run("status", *options, at=places.top, raw=False).stdout)
    paths = {line[3:] for line in listed.split("\0") if line and not line.startswith("!!")}
    ignored = {line[3:] for line in listed.split("\0") if line.startswith("!!")}
    paths |= {path for path in ignored if any(path.endswith(name) for name in added)}
    files = {path: places.top / path for path in sorted(paths)}
    files = {path: file for path, file in files.items() if file.is_file() or file.is_symlink()}
    if files:
        ref = snapshot.keep(places, files, "an update by a guard before 0.6.0 was killed; what lay in the files")
        log.warning("an update by an older guard was killed here; what lies in the files is also in %s", ref)
    places.legacy.unlink()
