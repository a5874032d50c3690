"""Who may ask, how much, and how often: an ASGI layer that refuses before any work is done."""

import asyncio
import math
from time import monotonic

from starlette.types import ASGIApp, Receive, Scope, Send

from . import keys
from .keys import Key
from .problem import Problem
from .settings import Serve

# Everything else needs a key: a path that is added is closed until it is listed here.
PUBLIC = {"/health/live", "/health/ready", "/metrics", "/openapi.json"}
ROLES = {"/model/reload": "admin"}
BODY_SECONDS = 10  # a client that sends its body more slowly is cut off
READ_ALL = 10  # times the limit: so far a body is read to its end, for many clients hear no answer before they sent all
ANYONE = Key("anyone", "admin", "")


class Bucket:
    """Lets through `rate` requests a second, and after a pause as many at once."""

    def __init__(self, rate: float) -> None:
        """Begins full."""
        self.rate, self.size = rate, max(rate, 1.0)
        self.left, self.seen = self.size, monotonic()

    def take(self) -> float:
        """Takes one; returns 0, or the seconds until there is one."""
        now = monotonic()
        self.left = min(self.size, self.left + (now - self.seen) * self.rate)
        self.seen = now
        if self.left < 1:
            return (1 - self.left) / self.rate
        self.left -= 1
        return 0.0


class Guard:
    """Checks key, role, rate, type and size of the body, and capacity, in this order."""

    def __init__(self, app: ASGIApp, serve: Serve, accepted: tuple[Key, ...] | None) -> None:
        """Lets in those keys; None lets everyone in."""
        self.app, self.serve, self.keys = app, serve, accepted
        self._buckets = {key.name: Bucket(serve.rate) for key in [*(accepted or ()), ANYONE]} if serve.rate else {}
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets the request through, or answers with the problem."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            if scope["path"] not in PUBLIC:
                headers = dict(scope["headers"])
                self._admit(headers, scope)
                if scope["method"] == "POST":
                    scope["state"]["body"] = await self._body(headers, receive)
            if scope["path"] == "/predict":
                await self._within_capacity(scope, receive, send)
            else:
                await self.app(scope, receive, send)
        except Problem as problem:
            await problem(scope, receive, send)

    def _admit(self, headers: dict[bytes, bytes], scope: Scope) -> None:
        key = ANYONE if self.keys is None else keys.find(self.keys, _shown(headers))
        if key is None:
            raise Problem(
                401,
                "an API key is needed: send it as `Authorization: Bearer KEY` or `X-API-Key: KEY`.",
                headers={"WWW-Authenticate": "Bearer"},
            )
        scope["state"]["key"] = key.name
        role = ROLES.get(scope["path"], "predict")
        if not key.may(role):
            raise Problem(403, f"this key has the role {key.role}, and this needs {role}.")
        wait = self._buckets[key.name].take() if self._buckets else 0.0
        if wait:
            raise Problem(
                429,
                f"this key may send {self.serve.rate:g} requests a second: wait, as Retry-After says.",
                headers={"Retry-After": str(math.ceil(wait))},
            )

    async def _body(self, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        kind = headers.get(b"content-type", b"application/json").partition(b";")[0].strip().lower()
        if kind != b"application/json":
            raise Problem(415, "the body must be JSON: send it with `Content-Type: application/json`.")
        self._fits(int(headers.get(b"content-length", b"0")), READ_ALL * self.serve.max_bytes)
        # The first piece came with the headers, as a rule: a clock for it would cost more than all of this function.
        message = await receive()
        body: bytes = message.get("body", b"")
        size = len(body)
        if message.get("more_body"):
            try:
                async with asyncio.timeout(BODY_SECONDS):
                    while message.get("more_body"):
                        message = await receive()
                        size += len(message.get("body", b""))
                        self._fits(size, READ_ALL * self.serve.max_bytes)
                        body = body + message.get("body", b"") if size <= self.serve.max_bytes else b""
            except TimeoutError:
                raise Problem(408, f"the body did not arrive within {BODY_SECONDS} s: send it again.") from None
        self._fits(size, self.serve.max_bytes)
        return body

    def _fits(self, size: int, limit: int) -> None:
        if size > limit:
            raise Problem(413, f"the body has more than {self.serve.max_bytes} bytes: send fewer rows at once.")

    async def _within_capacity(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._in_flight >= self.serve.max_in_flight:
            raise Problem(
                503, "the service is at its capacity: try again, as Retry-After says.", headers={"Retry-After": "1"}
            )
        self._in_flight += 1
        try:
            await asyncio.sleep(0)  # all that arrived at this moment are counted before one is worked on
            await self.app(scope, receive, send)
        finally:
            self._in_flight -= 1


def _shown(headers: dict[bytes, bytes]) -> bytes:
    """Returns the secret that a request shows."""
    scheme, _, secret = headers.get(b"authorization", b"").partition(b" ")
    return secret.strip() if scheme.lower() == b"bearer" else headers.get(b"x-api-key", b"")
