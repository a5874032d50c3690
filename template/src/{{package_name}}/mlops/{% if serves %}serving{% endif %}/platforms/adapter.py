"""The routes of a platform: its health check, and its predictions as an ASGI application before that of `/predict`."""

import asyncio
from collections.abc import Callable
from functools import partial

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ...core.errors import UsageError
from ..model.answer import Model
from ..model.request import IN_THREAD
from .platform import Platform


class Adapter:
    """Turns a platform's request into one of `/predict`, and the answer into the platform's."""

    def __init__(self, predict: ASGIApp, platform: Platform, model: Callable[[], Model]) -> None:
        """Asks `predict`; `model` returns the one that answers now."""
        self.predict, self.platform, self.model = predict, platform, model

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request.

        Raises:
            Problem: The body is not the platform's, or what its rows hold is not what the contract says.
        """
        state = scope["state"]
        headers, body = state["headers"], state["body"]
        start: Message = {}
        answered = self.platform.to_answer(headers)
        rows = partial(self.platform.to_rows, body, headers, self.model())
        state["body"] = await asyncio.to_thread(rows) if len(body) > IN_THREAD else rows()

        async def adapted(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)  # is sent with the body, whose length it tells
            elif start["status"] != 200:
                await send(start)
                await send(message)
            else:
                content, lines = answered(message["body"], state["request_id"])
                ours = {b"content-type", b"content-length"}
                kept = [line for line in start["headers"] if line[0] not in ours]
                length = (b"content-length", b"%d" % len(content))
                await send({**start, "headers": [*kept, *lines, length]})
                await send({**message, "body": content})

        await self.predict(scope, receive, adapted)


def add(
    app: Starlette,
    predict: ASGIApp,
    platform: Platform,
    model: Callable[[], Model],
    ready: Callable[[], object],
) -> ASGIApp:
    """Adds the routes of a platform to an application, and returns what answers its predictions.

    Args:
        app: All other routes.
        predict: Answers `/predict`.
        platform: Where the service runs.
        model: Returns the model that answers now.
        ready: Raises a Problem while the service should get no requests.

    Raises:
        UsageError: A route is one of the service's own: these stay as they are, and need an API key.
    """
    own = {getattr(route, "path", "") for route in app.router.routes}
    for path in (platform.predict, platform.health):
        if path in own:
            raise UsageError(
                f"{path} is a route of the service itself and stays closed to {platform.name}: name another one, such "
                f"as /{platform.name}{path}."
            )

    async def health(_: Request) -> Response:
        ready()
        return Response()

    adapter = Adapter(predict, platform, model)
    app.router.routes.append(Route(platform.health, health, methods=["GET"]))
    app.router.routes.append(Route(platform.predict, adapter, methods=["POST"]))
    return adapter
