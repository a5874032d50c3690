"""A warm interpreter: forks for each command of its clients, and imports what the commands before it imported.

It knows no module of a project. A fork is a process of its own in a session of its own, killed when its client is
gone. Started by `install.started`; SIGTERM, or the end of its standard input, ends it and its forks.
"""

import gc
import importlib
import json
import logging
import marshal
import os
import selectors
import signal
import socket
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import fork

SIZE = 8  # bytes of the number that says how long a client's command is


def _packages() -> frozenset[str]:
    """Returns names and versions of what is installed, as the folders of the records say."""
    return frozenset(name for name in os.listdir(fork.PACKAGES) if name.endswith(".dist-info"))  # noqa: PTH208


def _received(connection: socket.socket) -> tuple[tuple, list[int]]:
    """Returns a client's command and its files; raises ConnectionError where it is gone before it has said all."""
    head, files, _, _ = socket.recv_fds(connection, SIZE, 3)
    part, data = head, b""
    while part and len(data) < int.from_bytes(head, "little"):
        part = connection.recv(1 << 20)
        data += part
    if not part:
        raise ConnectionError
    return marshal.loads(data), files  # noqa: S302 - of a test, over a socket that only its user can open


@contextmanager
def _unchanged() -> Iterator[None]:
    """Undoes what imports do besides: a command that needs none of these modules must not see it."""
    root, handlers, level = logging.getLogger(), logging.getLogger().handlers[:], logging.getLogger().level
    filters, variables, path = warnings.filters[:], dict(os.environ), sys.path[:]
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    warnings.filters[:] = filters
    os.environ.clear()
    os.environ.update(variables)
    sys.path[:] = path


def _kill(child: int) -> None:
    """Kills a fork and what is in its session; it may have none yet."""
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os.kill(child, signal.SIGKILL)


class Server:
    """Forks for clients, and is told by the forks what they imported."""

    def __init__(self, address: str, settings: list[tuple[str, str]]) -> None:
        """Listens at an address; `settings` are the variables that a client must have, too."""
        self.settings = settings
        self.limits = Path("/proc/self/limits").read_text(encoding="ascii")
        self.loaded: frozenset[str] = frozenset()
        self.clients: dict[socket.socket, int] = {}
        self.reader, self.writer = os.pipe()
        self.woken, self.wake = socket.socketpair()
        self.wake.setblocking(False)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(address)
        self.listener.listen(64)
        self.selector = selectors.DefaultSelector()
        for source in (sys.stdin.fileno(), self.listener, self.woken, self.reader):
            self.selector.register(source, selectors.EVENT_READ)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self.end)
        signal.set_wakeup_fd(self.wake.fileno(), warn_on_full_buffer=False)

    def serve(self) -> list[str]:
        """Serves; returns only in a fork, with the arguments to run."""
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is self.listener:
                    arguments = self.accept()
                    if arguments is not None:
                        return arguments
                elif key.fileobj is self.woken:
                    self.woken.recv(4096)
                    self.reap()
                elif key.fileobj == self.reader:
                    self.learn()
                elif key.fileobj == sys.stdin.fileno():
                    self.end()
                elif key.fileobj in self.clients:
                    self.hear(key.fileobj)

    def accept(self) -> list[str] | None:
        """Takes a client, if this interpreter is what it would start; in the fork, returns what to run."""
        connection, _ = self.listener.accept()
        files: list[int] = []
        try:
            (settings, limits, *client), files = _received(connection)
            fits = settings == self.settings and limits == self.limits and self.loaded <= _packages()
            connection.send(b"y" if fits else b"n")
        except ConnectionError:
            fits = False
        child = os.fork() if fits else -1
        if child == 0:
            self.selector.close()
            for other in (self.listener, self.woken, self.wake, connection, *self.clients):
                other.close()
            os.close(self.reader)
            fork.become(tuple(client), files, self.writer)
            return list(client[-1])
        for number in files:
            os.close(number)
        if fits:
            self.clients[connection] = child
            self.selector.register(connection, selectors.EVENT_READ)
        else:
            connection.close()
        return None

    def hear(self, connection: socket.socket) -> None:
        """Passes a client's signal on; kills the fork of a client that is gone."""
        said, child = b"", self.clients[connection]
        with suppress(ConnectionResetError):  # it was gone before it read our answer
            said = connection.recv(1)
        if said:
            os.kill(child, said[0])  # not reaped yet, or it would have been forgotten
            return
        _kill(child)
        os.waitpid(child, 0)
        self.forget(connection)

    def reap(self) -> None:
        """Tells clients how their forks ended."""
        for connection, child in tuple(self.clients.items()):
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                with suppress(ConnectionError):  # the client is gone, too
                    connection.send(status.to_bytes(4, "little"))
                self.forget(connection)

    def forget(self, connection: socket.socket) -> None:
        """Closes a connection."""
        del self.clients[connection]
        self.selector.unregister(connection)
        connection.close()

    def learn(self) -> None:
        """Imports what a fork imported."""
        data = b""
        while not data.endswith(b"\n"):
            data += os.read(self.reader, 1 << 20)
        with _unchanged():
            for name in [name for line in data.splitlines() for name in json.loads(line) if name not in sys.modules]:
                try:
                    importlib.import_module(name)
                except ImportError:  # a module that another one makes up, such as those of six
                    continue
        self.loaded = _packages()
        gc.collect()
        gc.freeze()

    def end(self, *_: object) -> None:
        """Ends this interpreter and its forks."""
        for child in self.clients.values():
            _kill(child)
        os._exit(0)
