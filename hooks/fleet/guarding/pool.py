"""The processes of the guard: started when they are needed, ended when a project takes too long."""

import json
import queue
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hosting.git import FleetError, environment, kill, run

GUARD = Path(__file__).resolve().parents[2] / "update"
WORKER = Path(__file__).with_name("worker.py")
PREPARE_SECONDS = 600.0


@dataclass(frozen=True)
class Answer:
    """What the guard returned for a project: its exit code, and what it said."""

    code: int
    said: str


class _Process:
    def __init__(self, command: Sequence[str], environment: Mapping[str, str], room: Path) -> None:
        self._ready = False
        self._late = threading.Event()
        self._running = subprocess.Popen(  # noqa: S603
            command,
            cwd=room,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def ask(self, arguments: Sequence[str], seconds: float) -> Answer:
        """Sends a request, and waits for the answer as long as it may take.

        Raises:
            FleetError: It took too long, or the process ended.
        """
        if not self._ready:
            self._line(b"", PREPARE_SECONDS)
            self._ready = True
        return Answer(**json.loads(self._line(f"{json.dumps(arguments)}\n".encode(), seconds)))

    def _line(self, request: bytes, seconds: float) -> bytes:
        timer = threading.Timer(seconds, self._give_up)
        timer.start()
        try:
            out, into = self._running.stdout, self._running.stdin
            if out is None or into is None:
                return b""
            into.write(request)
            into.flush()
            line = out.readline()
        except BrokenPipeError:
            line = b""
        finally:
            timer.cancel()
        if self._late.is_set():
            message = f"took longer than {seconds:g} s: name another --timeout"
            raise FleetError(message)
        if not line:
            self.end()
            said = self._running.stderr.read().decode(errors="replace").strip() if self._running.stderr else ""
            message = f"the guard ended without an answer ({said.splitlines()[-1] if said else 'it said nothing'})"
            raise FleetError(message)
        return line

    def _give_up(self) -> None:
        self._late.set()
        self.end()

    def end(self) -> None:
        if self._running.poll() is None:
            kill(self._running)
        self._running.wait()


@dataclass(frozen=True)
class Pool:
    """Processes of the guard.

    Attributes:
        room: Folder for their files.
        environment: Their environment.
        seconds: How long a project may take.
    """

    room: Path
    environment: Mapping[str, str]
    seconds: float

    @cached_property
    def _idle(self) -> "queue.SimpleQueue[_Process]":
        return queue.SimpleQueue()

    @cached_property
    def _all(self) -> list[_Process]:
        return []

    @cached_property
    def python(self) -> str:
        """The Python that has the guard's packages, as its first lines list them.

        Raises:
            FleetError: They can't be installed.
        """
        main = str(GUARD / "main.py")
        for command in (["uv", "sync", "--quiet", "--script", main], ["uv", "python", "find", "--script", main]):
            operator = environment()
            operator.pop("VIRTUAL_ENV", None)
            done = run(command, at=self.room, environment=operator, seconds=PREPARE_SECONDS)
            if done.returncode:
                message = f"the guard's packages can't be installed: {' '.join(done.stderr.decode().split())}"
                raise FleetError(message)
        return done.stdout.decode().strip()

    def ask(self, arguments: Sequence[str]) -> Answer:
        """Runs the guard.

        Raises:
            FleetError: It took too long or broke.
        """
        try:
            process = self._idle.get_nowait()
        except queue.Empty:
            process = _Process([self.python, str(WORKER), str(GUARD)], self.environment, self.room)
            self._all.append(process)
        answer = process.ask(arguments, self.seconds)
        self._idle.put(process)
        return answer

    def close(self) -> None:
        """Ends all processes."""
        for process in self._all:
            process.end()
