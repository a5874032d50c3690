"""Projects that take long to make: one worker makes them, every worker has a copy."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[], Path]) -> Path:
    """Returns a copy of a folder that is made once a session, by the worker that asks first; the others wait for it.

    Args:
        factory: Of this worker.
        name: Of the folder; one name, one way to make it.
        make: Makes it anywhere.
    """
    base = factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"
    shared.mkdir(exist_ok=True)
    with FileLock(shared / f"{name}.lock"):
        if not (shared / name).exists():
            make().rename(shared / name)
    copy = factory.mktemp(name) / "p"
    shutil.copytree(shared / name, copy, symlinks=True)
    return copy
