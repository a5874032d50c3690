"""Projects that take long to make: one worker makes them, every worker has a copy."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock


def shared(factory: pytest.TempPathFactory) -> Path:
    """Returns a folder that the workers of a session share."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[], Path]) -> Path:
    """Returns a copy of a folder that is made once a session, by the worker that asks first; the others wait for it.

    Args:
        factory: Of this worker.
        name: Of the folder; one name, one way to make it.
        make: Makes it anywhere.
    """
    folder = shared(factory)
    with FileLock(folder / f"{name}.lock"):
        if not (folder / name).exists():
            make().rename(folder / name)
    copy = factory.mktemp(name) / "p"
    shutil.copytree(folder / name, copy, symlinks=True)
    return copy
