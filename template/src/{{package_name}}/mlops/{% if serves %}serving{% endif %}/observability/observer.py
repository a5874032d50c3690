"""What an operator sees of each request: its metrics, a log line, and the request id that joins them."""

import logging
import re
import secrets
from collections.abc import Callable
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..model.problem import Problem
from ..security.routes import Routes
from . import logs
from .telemetry import Telemetry

REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
IDS = ("request_id", "client_id")
log = logging.getLogger(__name__)


class Observer:
    """The outermost ASGI layer: gives a request its own id, measures and logs it, turns what failed into a problem."""

    def __init__(self, app: ASGIApp, telemetry: Telemetry, routes: Routes, draining: Callable[[], bool]) -> None:
        """Observes that application; `routes` says which route is asked for."""
        self.app, self.telemetry, self.routes, self.draining = app, telemetry, routes, draining

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start, status = perf_counter(), 0
        asked = dict(scope["headers"])
        given = asked.get(b"x-request-id", b"")
        # The key of the prediction log is never the client's choice: one that came twice would look like a copied row.
        request_id = secrets.token_hex(16)
        ids = [(b"x-request-id", request_id.encode())]
        client_id = given.decode() if REQUEST_ID.fullmatch(given) else None
        ids += [(b"x-client-request-id", given)] if client_id else []
        state = scope.setdefault("state", {})
        state |= {"request_id": request_id, "client_id": client_id, "headers": asked}
        state["route"] = route = self.routes.find(scope)

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*message["headers"], *ids]
                message["headers"] = [*headers, (b"connection", b"close")] if self.draining() else headers
            await send(message)

        self.telemetry.running += 1
        try:
            await self.app(scope, receive, observed)
        except Exception:
            log.exception("a request failed", extra={"facts": {name: state[name] for name in IDS}})
            if not status:
                await Problem(500, "the service failed; its log says why, under this request id.")(
                    scope, receive, observed
                )
        finally:
            self.telemetry.running -= 1
            seconds = perf_counter() - start
            path = route or "other"  # what is no path of ours may be anything
            self.telemetry.answered(scope["method"], path, status, seconds)
            # A row that was answered stands in the prediction log; a line for each would cost as much as the model.
            level = logging.INFO if status >= 400 else logging.DEBUG
            if log.isEnabledFor(level):
                said = {name: state[name] for name in IDS} | {"key": state.get("key"), "method": scope["method"]}
                logs.say(log, level, "request", path=path, status=status, seconds=round(seconds, 6), **said)
