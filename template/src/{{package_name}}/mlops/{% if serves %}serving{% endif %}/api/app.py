"""The routes of the service: `/predict`, `/model`, health and metrics, behind the guard and the observer."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import lru_cache, partial
from typing import Any

from fastapi import FastAPI, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ..model.answer import Model, Prediction
from ..model.problem import Problem, as_problem
from ..model.request import IN_THREAD, Invalid
from ..observability.log_line import line
from ..observability.observer import Observer
from ..platforms import adapter
from ..platforms.platform import Platform
from ..security.api_keys import Keys
from ..security.limits import Guard
from ..security.routes import PREDICT, Routes
from . import openapi
from .service import Service

HIDDEN = {"columns", "example"}  # of the facts: /openapi.json has them


class Predict:
    """Answers rows: an ASGI application."""

    def __init__(self, service: Service) -> None:
        """Answers with the model of that service."""
        self.service = service
        # One thread: they would share the interpreter anyway, and each needs memory many times that of its body.
        self._thread = ThreadPoolExecutor(1, "large-body")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        service, model, state = self.service, self.service.model, scope["state"]
        asked = state["body"], state["request_id"], state["client_id"]
        try:
            if len(state["body"]) > IN_THREAD:
                loop = asyncio.get_running_loop()
                content, made, said = await loop.run_in_executor(self._thread, self._answer, model, *asked)
            else:
                content, made, said = self._answer(model, *asked)
        except Invalid as invalid:
            for feature, values in invalid.features.items():
                service.telemetry.out_of_range.labels(feature).inc(values)
            raise
        state["rows"] = len(made.rows)
        service.telemetry.predicted(made)
        if service.log:
            service.log.put(made, said)
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(content))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    def _answer(
        self, model: Model, body: bytes, request_id: str, client_id: str | None
    ) -> tuple[bytes, Prediction, bytes]:
        """Returns the answer, what it is made of, and its line for the prediction log."""
        content, made = model.answer(body, request_id)
        return content, made, line(made, client_id) if self.service.log else b""


def routes(service: Service) -> FastAPI:
    """Returns the application without guard and observer."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if service.log:
            service.log.start()
        yield
        if service.log:
            await asyncio.to_thread(service.log.stop)

    app = FastAPI(
        title=service.model.facts["model"],
        lifespan=lifespan,
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers={Problem: as_problem, HTTPException: as_problem, Exception: as_problem},
    )
    document = lru_cache(maxsize=1)(partial(openapi.document, app))
    app.openapi = lambda: document(service.model)  # type: ignore[method-assign]
    app.router.routes.append(Route(PREDICT, Predict(service), methods=["POST"]))

    @app.get("/health/live", summary="Whether the process answers")
    async def live() -> dict[str, str]:
        return {"status": "live"}

    @app.get("/health/ready", summary="Whether requests should come here", responses=openapi.problems(503))
    async def ready() -> dict[str, str]:
        return service.ready()

    @app.get("/metrics", summary="Metrics for Prometheus", response_class=PlainTextResponse)
    async def metrics() -> Response:
        return Response(service.telemetry.shown(), media_type=CONTENT_TYPE_LATEST)

    @app.get("/model", summary="The model that answers", responses=openapi.problems(401, 403, 429), **openapi.CLOSED)
    async def model() -> dict[str, Any]:
        return {name: fact for name, fact in service.model.facts.items() if name not in HIDDEN}

    refused = openapi.problems(401, 403, 408, 409, 413, 415, 429)

    @app.post("/model/reload", summary="Load it again", responses=refused, **openapi.CLOSED)
    async def reload() -> dict[str, str]:
        await asyncio.to_thread(service.reload)
        return {"model_version": service.model.version}

    return app


def build(service: Service, accepted: Keys, platform: Platform | None = None) -> Observer:
    """Returns the application that answers full rows; arguments as of `assembled`."""
    return assembled(routes(service), Predict(service), service, accepted, platform)


def assembled(
    others: FastAPI, predict: ASGIApp, service: Service, accepted: Keys, platform: Platform | None = None
) -> Observer:
    """Returns the whole application: routes, and before them guard and observer.

    Args:
        others: Answers all paths but `/predict`.
        predict: Answers that one.
        service: The model that answers.
        accepted: The API keys; None lets everyone in.
        platform: Has routes of its own that need no key; without it there are none.
    """
    direct = {PREDICT: predict}
    if platform:
        direct[platform.predict] = adapter.add(others, predict, platform, lambda: service.model, service.ready)

    async def routed(scope: Scope, receive: Receive, send: Send) -> None:
        """Leads the paths that are asked all day past FastAPI, whose layers cost as much as the model."""
        asked = scope["type"] == "http" and scope["method"] == "POST" and direct.get(scope["state"]["route"])
        await (asked or others)(scope, receive, send)

    guard = Guard(routed, service.serve, accepted, platform)
    return Observer(guard, service.telemetry, Routes(others), lambda: service.draining)
