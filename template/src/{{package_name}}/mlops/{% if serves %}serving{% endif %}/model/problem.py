"""What is answered when there is no answer: one sentence as `application/problem+json` (RFC 9457), never a stack."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Receive, Scope, Send


async def as_problem(_: Request, error: Exception) -> Any:
    """Turns what a route raised into the response, itself an ASGI application as Starlette's are."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, HTTPException):
        sentence = "this path has no such method." if error.status_code == 405 else str(error.detail)
        return Problem(error.status_code, sentence, headers=error.headers)
    return Problem(500, "the service failed; its log says why, under this request id.")


class Problem(Exception):  # noqa: N818 - most are the client's, and none is an error of the program
    """A request that is not answered; an ASGI application, so that it can be sent from anywhere.

    Attributes:
        status: Of the response.
        detail: One sentence: what is wrong, and what to do.
        errors: Of single values: row, field, message.
        headers: Further ones, such as Retry-After.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        errors: list[dict[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Describes it; see the attributes."""
        super().__init__(detail)
        self.status, self.detail, self.errors, self.headers = status, detail, errors or [], headers or {}

    @property
    def title(self) -> str:
        """The phrase of the status."""
        return HTTPStatus(self.status).phrase

    def rendered(self, request_id: str) -> tuple[list[tuple[bytes, bytes]], bytes]:
        """Returns headers and body of the response."""
        said: dict[str, Any] = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "request_id": request_id,
        }
        if self.errors:
            said["errors"] = self.errors
        body = json.dumps(said).encode()
        headers = [(b"content-type", b"application/problem+json"), (b"content-length", b"%d" % len(body))]
        headers += [(name.lower().encode(), value.encode()) for name, value in self.headers.items()]
        return headers, body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the response."""
        headers, body = self.rendered(scope["state"]["request_id"])
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
