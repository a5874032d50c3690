"""Which route a request asks for: read once, and role, limits, metrics and the answer all hang on it."""

import re

from fastapi import FastAPI
from starlette.routing import Match, Route
from starlette.types import Scope

PREDICT = "/predict"
# Everything else needs a key: a route that is added is closed until it is listed here.
PUBLIC = {"/health/live", "/health/ready", "/metrics", "/openapi.json"}
ROLES = {"/model/reload": "admin"}
# Nothing that a proxy, Starlette and this module could read in different ways: no escapes, no empty segments, no `;`.
PLAIN = re.compile(rb"/[A-Za-z0-9._~-]+(?:/[A-Za-z0-9._~-]+)*")
NONE = ""


class Routes:
    """The routes of an application."""

    def __init__(self, app: FastAPI) -> None:
        """Reads the routes that the application has now."""
        self._routes = app.router.routes
        self._exact = {
            route.path.encode(): route.path
            for route in self._routes
            if isinstance(route, Route) and not route.param_convertors
        }

    def find(self, scope: Scope) -> str:
        """Returns the path of the matched route as it was declared, or `NONE`."""
        path: str = scope["path"]
        raw: bytes = scope.get("raw_path") or path.encode()
        exact = self._exact.get(raw)
        if exact == path:
            return exact
        if not PLAIN.fullmatch(raw) or raw.decode() != path or {".", ".."} & set(path.split("/")):
            return NONE
        for route in self._routes:
            match, further = route.matches(scope)
            if match is not Match.NONE:
                return str(getattr(further.get("route", route), "path", "other"))
        return NONE
