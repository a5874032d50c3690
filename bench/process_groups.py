"""The processes of a server: itself and all that it started, also in sessions and process groups of their own."""

import os
import signal
from contextlib import suppress
from pathlib import Path


def tree(root: int) -> list[int]:
    """Returns a process and all that it started."""
    children: list[int] = []
    for thread in Path(f"/proc/{root}/task").glob("*"):
        with suppress(OSError):  # it has ended
            children += map(int, (thread / "children").read_text(encoding="utf-8").split())
    return [root, *(each for child in children for each in tree(child))]


def end(root: int) -> None:
    """Kills a process and all that it started, with their process groups.

    Some servers, BentoML's among them, give each worker a session of its own, so the group of the first process is not
    enough. It is stopped first, and can't replace a worker meanwhile.
    """
    with suppress(ProcessLookupError):  # it has ended
        os.kill(root, signal.SIGSTOP)
    groups = set()
    for process in tree(root):
        with suppress(ProcessLookupError):
            groups.add(os.getpgid(process))
    for group in groups - {os.getpgrp()}:
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
