"""Kills a command of a project at a chosen moment, with all its processes, as a crash of the machine would."""

import ctypes
import os
import signal
import subprocess
import time

from support.rendered_project import Project

PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


def _bury_orphans() -> None:
    """Reaps the processes that the kill orphaned: DVC's lock counts a zombie as alive, and not every PID 1 reaps."""
    deadline = time.monotonic() + 10  # what lives longer is no orphan of the kill
    while time.monotonic() < deadline:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            time.sleep(0.1)


def kill_when(project: Project, said: str, seconds: float, *command: str) -> str:
    """Starts a command, the pipeline by default, kills it some time after it said something; returns all it said."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with subprocess.Popen(  # noqa: S603
        command or ["make", "run"],
        cwd=project.path,
        env=project.environment | {"PYTHONUNBUFFERED": "1", "WARM_PYTHON": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as running:
        assert running.stdout is not None
        lines = []
        for line in running.stdout:
            lines.append(line)
            if said in line:
                time.sleep(seconds)
                os.killpg(running.pid, signal.SIGKILL)
                break
        running.wait()
    _bury_orphans()
    assert running.returncode == -signal.SIGKILL, f"{said!r} was never said, or the command ended before the kill"
    return "".join(lines)
