"""The part of Vertex AI that is its Model Registry, as a server on this machine, and the tokens for it.

Written from Google's discovery document of aiplatform v1, revision 20261106, as google-api-python-client 2.202.0 of
2026-11-10 has it. `tests/data/aiplatform_v1.json` is what these methods need of it: paths, parameters, schemas. Each
call is validated against it, and so is each answer: what the document does not know is refused. What it says in words
only is in the code: what is required, the forms of ids, aliases and labels, one default version, operations.

Two facts are from elsewhere, read on 2026-11-30: an alias moves to the version that it is set on
(https://cloud.google.com/vertex-ai/docs/model-registry/model-alias), and a patch with `@version` changes labels and
description of that version alone (UpdateModelRequest of https://docs.cloud.google.com/python/docs/reference/aiplatform).
"""

import copy
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from support.rendered_project import ROOT

DOCUMENT = json.loads((ROOT / "tests/data/aiplatform_v1.json").read_text(encoding="utf-8"))
SCHEMAS, METHODS = DOCUMENT["schemas"], DOCUMENT["methods"]
TOKEN, PAGE, PROJECT = "token-of-the-fake", 2, "ml-project"
KINDS = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}
MODEL_ID = re.compile("[a-z_][a-z0-9_-]{0,62}")
ALIAS = re.compile("-?[a-z][a-zA-Z0-9-]{0,126}[a-z0-9]")
LABEL = re.compile("[a-z0-9_-]{0,63}")  # 64 by the document, 63 by the page of labels that it leads to
PATCHED = {"labels", "versionDescription"}  # of a version


class RefusedError(Exception):
    """A call that Google would refuse: status and sentence."""


def check(schema: dict[str, Any], said: Any, where: str, *, request: bool) -> None:
    """Compares what is said with a schema of the document; a request may not say what is output only."""
    if "$ref" in schema:
        check(SCHEMAS[schema["$ref"]], said, where, request=request)
        return
    kind = schema["type"]
    if kind == "any":
        return
    if not isinstance(said, KINDS[kind]):
        raise RefusedError(400, f"{where} is no {kind}")
    if kind == "array":
        for one in said:
            check(schema["items"], one, f"{where}[]", request=request)
    if kind == "object":
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        for key, value in said.items():
            inner = known.get(key, others)
            if inner is None:
                raise RefusedError(400, f'Unknown name "{key}" at {where}: Cannot find field.')
            if request and inner.get("readOnly"):
                raise RefusedError(400, f"{where}.{key} is output only")
            check(inner, value, f"{where}.{key}", request=request)


def method(verb: str, path: str, query: dict[str, str]) -> tuple[str, str]:
    """Returns the method of the document that a call is, and the resource that it names."""
    for name, said in METHODS.items():
        pattern = re.escape(said["path"]).replace(r"\{\+name\}", "(.+)").replace(r"\{\+parent\}", "(.+)")
        found = re.fullmatch(pattern, path)
        named = next(one for one in said["parameters"].values() if one["location"] == "path")
        if said["httpMethod"] != verb or not found or not re.match(named["pattern"], found[1]):
            continue
        if ":" in found[1].rpartition("/")[2]:
            continue
        allowed = {key for key, one in said["parameters"].items() if one["location"] == "query"}
        if unknown := set(query) - allowed - set(DOCUMENT["parameters"]):
            raise RefusedError(400, f"Unknown query parameters {sorted(unknown)}")
        return name, found[1]
    raise RefusedError(404, f"no method {verb} {path}")


@dataclass
class Vertex:
    """What is registered, which calls came, and how the fake behaves.

    Attributes:
        models: Versions of each model, by its resource name.
        calls: Names of methods that changed something.
        reachable: Whether calls are answered; otherwise with 503.
    """

    models: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    operations: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    reachable: bool = True

    def aliases(self) -> dict[str, str]:
        """Returns which version has which alias, in all models."""
        return {
            alias: one["versionId"] for all_ in self.models.values() for one in all_ for alias in one["versionAliases"]
        }

    def answer(self, verb: str, path: str, query: dict[str, str], body: Any) -> dict[str, Any]:
        """Returns the answer to a call."""
        name, resource = method(verb, path, query)
        said = METHODS[name]
        if "request" in said:
            check(said["request"], body, name, request=True)
        elif body is not None:
            raise RefusedError(400, f"{name} takes no body")
        if verb != "GET":
            self.calls.append(name)
        found = copy.deepcopy(getattr(self, f"on_{name.replace('.', '_')}")(resource, query, body))
        check(said["response"], found, f"answer to {name}", request=False)
        return found

    def _version(self, resource: str) -> dict[str, Any]:
        model, _, which = resource.partition("@")
        for one in self.models.get(model, []):
            if which in (one["versionId"], *one["versionAliases"]) or (
                not which and "default" in one["versionAliases"]
            ):
                return one
        raise RefusedError(404, f"{resource} is not found")

    @staticmethod
    def _labels(labels: dict[str, str]) -> None:
        wrong = [
            f"{key}={text}" for key, text in labels.items() if not (LABEL.fullmatch(key) and LABEL.fullmatch(text))
        ]
        if wrong:
            raise RefusedError(400, f"labels {wrong} are not allowed")

    def on_get(self, resource: str, query: dict[str, str], body: None) -> dict[str, Any]:
        """Answers models.get."""
        return self._version(resource)

    def on_listVersions(self, resource: str, query: dict[str, str], body: None) -> dict[str, Any]:  # noqa: N802
        """Answers models.listVersions, the newest first, a few a page."""
        if resource not in self.models:
            raise RefusedError(404, f"{resource} is not found")
        start, found = int(query.get("pageToken", 0)), self.models[resource][::-1]
        rest = {"nextPageToken": str(start + PAGE)} if start + PAGE < len(found) else {}
        return {"models": found[start : start + PAGE], **rest}

    def on_upload(self, resource: str, query: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
        """Answers models.upload: an operation that is done when it is asked for."""
        model, parent = body["model"], body.get("parentModel")
        if not model.get("displayName") or not model.get("containerSpec", {}).get("imageUri"):
            raise RefusedError(400, "displayName and containerSpec.imageUri are required")
        self._labels(model.get("labels", {}))
        model_id = body.get("modelId", "1234567890")
        if parent is None and not MODEL_ID.fullmatch(model_id) and "modelId" in body:
            raise RefusedError(400, f"modelId {model_id} is not allowed")
        name = parent or f"{resource}/models/{model_id}"
        if (parent is None) == (name in self.models):
            raise RefusedError(409 if parent is None else 404, f"{name} exists" if parent is None else f"no {name}")
        versions = self.models.setdefault(name, [])
        aliases = [*model.get("versionAliases", []), *([] if versions else ["default"])]
        made = {"name": f"{name}@{len(versions) + 1}", "versionId": str(len(versions) + 1), "versionAliases": aliases}
        versions.append(model | made)
        operation = f"{name}/operations/{len(self.operations) + 1}"
        response = {"@type": "UploadModelResponse", "model": name, "modelVersionId": made["versionId"]}
        self.operations[operation] = {"name": operation, "done": True, "response": response}
        return {"name": operation, "done": False}

    def on_operations_get(self, resource: str, query: dict[str, str], body: None) -> dict[str, Any]:
        """Answers models.operations.get."""
        return self.operations[resource]

    def on_mergeVersionAliases(self, resource: str, query: dict[str, str], body: dict[str, Any]) -> Any:  # noqa: N802
        """Answers models.mergeVersionAliases."""
        version = self._version(resource)
        if not resource.partition("@")[2].isdecimal():
            raise RefusedError(400, "a version id is required")
        for alias in body["versionAliases"]:
            if not ALIAS.fullmatch(alias):
                raise RefusedError(400, f"alias {alias} is not allowed")
            if alias == "-default":
                raise RefusedError(400, "one version of a model must carry the default alias")
            for one in self.models[resource.partition("@")[0]]:
                one["versionAliases"] = [known for known in one["versionAliases"] if known != alias.removeprefix("-")]
            if not alias.startswith("-"):
                version["versionAliases"] = [*version["versionAliases"], alias]
        return version

    def on_patch(self, resource: str, query: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
        """Answers models.patch of a version."""
        mask = set(query.get("updateMask", "").split(","))
        if not mask <= PATCHED or body.get("name") != resource or "@" not in resource:
            raise RefusedError(400, f"a patch of {sorted(mask)} of {resource} is not allowed")
        self._labels(body.get("labels", {}))
        version = self._version(resource)
        version.update({key: body[key] for key in mask})
        return version


def _handler(vertex: Vertex) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *arguments: Any) -> None:
            pass

        def _send(self, status: int, said: dict[str, Any]) -> None:
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _answer(self) -> None:
            url, length = urlsplit(self.path), int(self.headers.get("Content-Length") or 0)
            content = self.rfile.read(length)
            if url.path == "/token":
                self._send(200, {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"})
                return
            try:
                if not vertex.reachable:
                    raise RefusedError(503, "the service is not available")
                if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                    raise RefusedError(401, "no token")
                body = json.loads(content) if content else None
                self._send(200, vertex.answer(self.command, url.path.lstrip("/"), dict(parse_qsl(url.query)), body))
            except RefusedError as refused:
                status, sentence = refused.args
                self._send(status, {"error": {"code": status, "message": sentence}})

        do_GET = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815

    return Handler


@contextmanager
def vertex(folder: Path) -> Iterator[tuple[Vertex, dict[str, str]]]:
    """Runs the fake in this process; yields it, and what a client needs in its environment."""
    state = Vertex()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    account = {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": "1",
        "private_key": made.private_bytes(*form).decode(),
        "client_email": "ml@example.com",
        "token_uri": f"{address}/token",
    }
    path = folder / "google.json"
    path.write_text(json.dumps(account), encoding="utf-8")
    try:
        yield (
            state,
            {
                "GOOGLE_APPLICATION_CREDENTIALS": str(path),
                "CLOUDSDK_API_ENDPOINT_OVERRIDES_AIPLATFORM": f"{address}/",
            },
        )
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
