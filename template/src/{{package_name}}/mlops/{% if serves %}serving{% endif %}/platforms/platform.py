"""What the service knows of a hosting platform: where it listens there, which routes are open, how bodies are read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..model.answer import Model

JSON, CSV = "application/json", "text/csv"
NAMES = {JSON: "JSON", CSV: "CSV"}
Headers = Mapping[bytes, bytes]
Lines = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Platform:
    """A platform that authenticates callers by its own IAM, and alone reaches the container.

    Attributes:
        name: Its value of `SERVE_PLATFORM`.
        port: Where the service listens.
        health: Path of GET requests for health; Vertex AI may use the same path for predictions.
        predict: Path of POST requests for predictions.
        kinds: Media types of a body.
        to_rows: Returns a body as `/predict` reads it; of body, headers and model. Raises a Problem.
        to_answer: Returns the function from the answer of `/predict` and the request id to body and headers of the
            platform's answer; of the request's headers. Raises a Problem where no such answer is possible.
    """

    name: str
    port: int
    health: str
    predict: str
    kinds: tuple[str, ...]
    to_rows: Callable[[bytes, Headers, Model], bytes] = field(repr=False)
    to_answer: Callable[[Headers], Callable[[bytes, str], tuple[bytes, Lines]]] = field(repr=False)

    @property
    def client(self) -> str:
        """Who asks, in logs and rate limits; no API key can have this name."""
        return f"platform:{self.name}"

    def checks_health(self, method: str, route: str) -> bool:
        """Whether a request is a health check: it needs no key and has no body."""
        return route == self.health and method in ("GET", "HEAD")


def port_of(text: str) -> int | None:
    """Returns a port from its text; None where it is none."""
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) < 65_536 else None


def media_type(header: bytes) -> tuple[str, dict[str, str]]:
    """Returns media type and parameters of one entry of Content-Type or Accept, in lower case."""
    kind, *rest = header.decode("latin-1").lower().split(";")
    named = (part.partition("=") for part in rest)
    return kind.strip(), {name.strip(): value.strip().strip('"') for name, _, value in named}
