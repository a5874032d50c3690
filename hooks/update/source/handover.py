"""What the guard tells the one that started it: `tools/update.py` of a project, or the guard of a project of 0.6.0."""

import os
from pathlib import Path

# Read from this text by the guard of 0.6.0, which hands an update over to a guard with a higher number than its own, 1.
GENERATION = 2
STARTED = "TEMPLATE_UPDATE_STARTED"  # names a file that says that the guard was started: uv ends with 1 and 2, too


def begin() -> None:
    """Makes the file, where one is wanted."""
    started = os.environ.pop(STARTED, None)
    if started is not None:
        Path(started).touch()
