"""What a connection may do before it is a request: bytes of its head, seconds of each phase, how many there are."""

import asyncio
import secrets
from collections.abc import Iterable
from time import monotonic
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ..model.problem import Problem

HEAD_BYTES = 16_384  # request line and headers; also what may stand between two pieces of a body
PIPELINED = 32  # requests that wait on one connection for the answer before theirs
# A phase that lasts longer ends the connection: so nobody holds one by saying nothing, or by reading no answer.
SECONDS = {"head": 10, "body": 10, "answer": 60, "idle": 80, "closing": 5}
FIRST_TO_GO = ("closing", "head", "body", "idle")


class Limited(HttpToolsProtocol):
    """Uvicorn's protocol, with limits; `sweep` watches the clocks of all connections, which costs a request nothing."""

    def __init__(self, *args: Any, most: int, **named: Any) -> None:
        """Begins to wait for a head; there are at most so many connections."""
        super().__init__(*args, **named)
        self._most, self._unread = most, 0
        self._problem: Problem | None = None
        self.phase, self.since = "head", monotonic()

    def _turn(self, phase: str) -> None:
        self.phase, self.since = phase, monotonic()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Takes a connection; where there are too many, the one goes that has kept the service waiting longest."""
        super().connection_made(transport)
        if len(self.connections) > self._most:
            there: Iterable[Limited] = (each for each in self.connections if isinstance(each, Limited))
            waiting = [each for each in there if each is not self and each.phase in FIRST_TO_GO]
            victim = min(waiting, key=lambda each: (FIRST_TO_GO.index(each.phase), each.since), default=self)
            self.connections.discard(victim)
            victim.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Reads on, unless that is too much without a head, or a piece of a body, being complete."""
        if self.phase == "closing":
            return
        self._unread += len(data)
        super().data_received(data)
        if self._unread > HEAD_BYTES and self.phase != "closing":
            self._problem = _too_large()
            self.send_400_response("")

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._turn("head")

    def on_headers_complete(self) -> None:
        """The head is complete: the request starts."""
        if len(self.pipeline) >= PIPELINED:
            raise ValueError("too many requests at once")
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > HEAD_BYTES:
            self._problem = _too_large()
            raise ValueError("too large")
        self._unread = 0
        self._turn("body")
        super().on_headers_complete()
        self.scope["state"]["alone"] = len(self.tasks) == 1

    def on_body(self, body: bytes) -> None:
        """A piece of the body has come."""
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The body is complete."""
        super().on_message_complete()
        self._unread = 0
        self._turn("idle" if self.cycle.response_complete else "answer")

    def on_response_complete(self) -> None:
        """The answer was sent; a body of which the rest is still to come keeps its clock."""
        waits = bool(self.pipeline)
        super().on_response_complete()
        if self.phase == "answer":
            self._turn("answer" if waits else "idle")

    def send_400_response(self, msg: str) -> None:
        """Refuses what is no request, or one that is too large or too slow, and closes the connection."""
        problem = self._problem or Problem(400, "this is no valid HTTP request.")
        head, body = problem.rendered(secrets.token_hex(16))
        lines = [b"%b: %b\r\n" % each for each in [*head, (b"connection", b"close")]]
        status = f"HTTP/1.1 {problem.status} {problem.title}\r\n".encode()
        self.transport.write(b"".join([status, *lines, b"\r\n", body]))
        self._turn("closing")
        self.transport.close()

    def expire(self) -> None:
        """Ends the connection: with an answer where the client can still get one."""
        begun = self.phase in ("head", "body") and self.headers is not None
        if begun and (self.cycle is None or self.cycle.response_complete or not self.cycle.response_started):
            self._problem = Problem(408, f"the request did not arrive within {SECONDS[self.phase]} s: send it again.")
            self.send_400_response("")
        else:
            self.connections.discard(self)
            self.transport.abort()


def _too_large() -> Problem:
    return Problem(431, f"the headers have more than {HEAD_BYTES} bytes: send fewer.")


def sweep(connections: Iterable[Any]) -> None:
    """Ends the connections whose phase lasts too long; called once a second."""
    now = monotonic()
    for each in list(connections):
        if isinstance(each, Limited) and now - each.since > SECONDS[each.phase]:
            each.expire()
