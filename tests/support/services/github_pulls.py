"""A stand-in for GitHub's pull requests: it validates each request against GitHub's own OpenAPI description."""

import http.server
import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jsonschema

DESCRIPTION = json.loads((Path(__file__).parents[2] / "data/github_pulls.json").read_text(encoding="utf-8"))
TOKEN = "token-of-the-operator"  # noqa: S105


@dataclass
class Host:
    """What the host has, and the requests it got.

    Attributes:
        config: The folder for `GH_CONFIG_DIR`, with which `gh` speaks to it.
        pulls: The open pull requests.
        requests: Method, path and token of each request.
        refuses: A sentence with which it refuses to open pull requests; empty for none.
    """

    config: Path
    pulls: list[dict[str, Any]] = field(default_factory=list)
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    refuses: str = ""

    def answer(self, method: str, path: str, query: dict[str, str], body: bytes) -> tuple[int, object]:
        """Returns status and JSON."""
        parts, wanted = path.strip("/").split("/"), DESCRIPTION["path"].strip("/").split("/")
        fits = [here == there or there.startswith("{") for here, there in zip(parts, wanted, strict=False)]
        if method not in DESCRIPTION["operations"] or len(parts) != len(wanted) or not all(fits):
            return 404, {"message": "Not Found"}
        operation = DESCRIPTION["operations"][method]
        known = {one["name"]: one["schema"] for one in operation["parameters"] if one["in"] == "query"}
        schema = {"type": "object", "properties": known, "additionalProperties": False}
        try:
            jsonschema.validate(query, schema)
            if "requestBody" in operation:
                given = json.loads(body)
                jsonschema.validate(given, operation["requestBody"] | {"additionalProperties": False})
        except ValueError as error:
            return 400, {"message": f"Problems parsing JSON: {error}"}
        except jsonschema.ValidationError as error:
            return 422, {"message": error.message, "documentation_url": "https://docs.github.com"}
        if method == "GET":
            return 200, [pull for pull in self.pulls if query.get("head") in (None, pull["head"]["label"])]
        return self._open(parts[1], given, operation)

    def _open(self, owner: str, given: dict[str, Any], operation: dict[str, Any]) -> tuple[int, object]:
        label = f"{owner}:{given['head']}"
        there = any(pull["head"]["label"] == label for pull in self.pulls)
        said = self.refuses or (f"A pull request already exists for {label}." if there else "")
        if said:
            error = {"resource": "PullRequest", "code": "custom", "message": said}
            refused = {
                "message": "Validation Failed",
                "documentation_url": "https://docs.github.com",
                "errors": [error],
            }
            jsonschema.validate(refused, operation["invalid"])
            return 422, refused
        number = 1 + len(self.pulls)
        address = f"https://github.com/{owner}/p/pull/{number}"
        head = {"label": label, "ref": given["head"]}
        self.pulls.append(operation["example"] | given | {"number": number, "html_url": address, "head": head})
        return operation["success"], self.pulls[-1]


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


@contextmanager
def github(folder: Path) -> Iterator[Host]:
    """Runs the stand-in on a socket in a folder, which `gh` finds by its configuration."""
    folder.mkdir()
    socket = folder / "s"
    (folder / "config.yml").write_text(f'version: "1"\nhttp_unix_socket: {socket}\n', encoding="utf-8")
    host = Host(folder)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def address_string(self) -> str:
            return "socket"

        def log_message(self, *_: object) -> None:
            """Prints nothing."""

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            whole = b""
            while size := int(self.rfile.readline(), 16):
                whole += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return whole

        def _handle(self) -> None:
            url = urlsplit(self.path)
            host.requests.append((self.command, url.path, self.headers.get("Authorization", "")))
            status, answer = host.answer(self.command, url.path, dict(parse_qsl(url.query)), self._body())
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = _handle  # noqa: N815

    with _Server(str(socket), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield host
        finally:
            server.shutdown()
