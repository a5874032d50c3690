"""Who may ask, how much, and how often: an ASGI layer that refuses before any work is done."""

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send

from ..model.problem import Problem
from ..model.settings import Serve
from ..platforms.platform import JSON, NAMES, Platform
from . import api_keys
from .api_keys import Key, Keys
from .rate_limit import Bucket
from .routes import NONE, PREDICT, PUBLIC, ROLES

READ_ALL = 10  # times the limit: so far a body is read to its end, for many clients hear no answer before they sent all
HELD = 16  # bodies of the largest size that are in memory at once
ANYONE = Key("anyone", "admin", "")
SOON = {"Retry-After": "1"}


class Guard:
    """Checks key, role, rate, type and size of the body, and capacity, in this order."""

    def __init__(self, app: ASGIApp, serve: Serve, accepted: Keys, platform: Platform | None = None) -> None:
        """Lets in those keys, None lets everyone in; and without a key that platform, to its own two routes."""
        self.app, self.serve, self.keys, self.platform = app, serve, accepted, platform
        names = [key.name for key in [*(accepted or ()), ANYONE]] + ([platform.client] if platform else [])
        self._requests = {name: Bucket(serve.rate, "requests") for name in names} if serve.rate else {}
        per_second = serve.rows_per_second
        self._rows = {name: Bucket(per_second, "rows") for name in names} if per_second else {}
        self._in_flight = self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets the request through, or answers with the problem."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state, platform = scope["state"], self.platform
        route = state["route"]
        try:
            if route in PUBLIC or (platform and platform.checks_health(scope["method"], route)):
                await self.app(scope, receive, send)
                return
            headers = state["headers"]
            trusted = platform if platform and route == platform.predict else None
            client = trusted.client if trusted else self._admit(headers, route).name
            predicts = bool(trusted) or route == PREDICT
            state["key"] = client
            if self._requests:
                self._requests[client].take()
            if route == NONE:
                raise Problem(404, "there is no such path; /openapi.json lists them.")
            if self._rows and predicts:
                self._rows[client].take()
            if scope["method"] == "POST":
                state["body"] = await self._body(headers, receive, state, trusted.kinds if trusted else (JSON,))
            if predicts:
                await self._within_capacity(scope, receive, send)
                if self._rows:
                    self._rows[client].charge(state.get("rows", 1) - 1)
            else:
                await self.app(scope, receive, send)
        except Problem as problem:
            await problem(scope, receive, send)
        finally:
            self._held -= state.get("held", 0)

    def _admit(self, headers: dict[bytes, bytes], route: str) -> Key:
        key = ANYONE if self.keys is None else api_keys.find(self.keys, _shown(headers))
        if key is None:
            raise Problem(
                401,
                "an API key is needed: send it as `Authorization: Bearer KEY` or `X-API-Key: KEY`.",
                headers={"WWW-Authenticate": "Bearer"},
            )
        role = ROLES.get(route, "predict")
        if not key.may(role):
            raise Problem(403, f"this key has the role {key.role}, and this needs {role}.")
        return key

    async def _body(
        self, headers: dict[bytes, bytes], receive: Receive, state: dict[str, int], kinds: tuple[str, ...]
    ) -> bytes:
        """Reads the body; how long that may take is the protocol's matter."""
        kind = headers.get(b"content-type", JSON.encode()).partition(b";")[0].strip().lower()
        if kind not in [each.encode() for each in kinds]:
            names, types = " or ".join(NAMES[each] for each in kinds), " or ".join(f"`{each}`" for each in kinds)
            raise Problem(415, f"the body must be {names}: send it with `Content-Type: {types[1:]}.")
        limit = self.serve.max_bytes
        self._fits(int(headers.get(b"content-length", b"0")), READ_ALL * limit)
        pieces: list[bytes] = []
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Problem(408, "the connection ended before the body did.")
            piece, more = message.get("body", b""), message.get("more_body", False)
            size += len(piece)
            self._fits(size, READ_ALL * limit)
            if size <= limit:
                self._hold(len(piece), state)
                pieces.append(piece)
            else:
                pieces.clear()
        self._fits(size, limit)
        return b"".join(pieces)

    def _hold(self, size: int, state: dict[str, int]) -> None:
        """Counts what is in memory until the request is answered."""
        if self._held + size > HELD * self.serve.max_bytes:
            raise Problem(503, "the service holds as much as it may: try again, as Retry-After says.", headers=SOON)
        self._held += size
        state["held"] = state.get("held", 0) + size

    def _fits(self, size: int, limit: int) -> None:
        if size > limit:
            raise Problem(413, f"the body has more than {self.serve.max_bytes} bytes: send fewer rows at once.")

    async def _within_capacity(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._in_flight >= self.serve.max_in_flight:
            raise Problem(503, "the service is at its capacity: try again, as Retry-After says.", headers=SOON)
        self._in_flight += 1
        try:
            if not scope["state"].get("alone"):
                await asyncio.sleep(0)  # all that arrived at this moment are counted before one is worked on
            await self.app(scope, receive, send)
        finally:
            self._in_flight -= 1


def _shown(headers: dict[bytes, bytes]) -> bytes:
    """Returns the secret that a request shows."""
    scheme, _, secret = headers.get(b"authorization", b"").partition(b" ")
    return secret.strip() if scheme.lower() == b"bearer" else headers.get(b"x-api-key", b"")
