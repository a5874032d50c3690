"""The OpenAPI document: what FastAPI knows of the routes, and of `/predict` what the bundle says."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from ..model.answer import Model

PROBLEMS = {
    "401": "No key, or an unknown one.",
    "403": "The key's role does not allow it.",
    "408": "The body arrived too slowly.",
    "409": "The new model is refused, the old one stays.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "422": "The body is not what the contract says.",
    "429": "More requests than the key may send; Retry-After says when.",
    "500": "The service failed.",
    "503": "The service is at its capacity, or stopping; Retry-After says when.",
}
REQUEST_ID = {
    "type": "string",
    "description": "The service's own, never given twice: X-Request-ID of the answer, and what labels are joined by. "
    "What the client sends as X-Request-ID comes back as X-Client-Request-ID.",
}
PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "One sentence: what is wrong, and what to do."},
        "request_id": REQUEST_ID,
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["message"],
                "properties": {"row": {"type": "integer"}, "field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
SECURITY: list[dict[str, list[str]]] = [{"bearer": []}, {"key": []}]
CLOSED: dict[str, Any] = {"openapi_extra": {"security": SECURITY}}  # of a route that needs a key
TEXT = {"type": "string"}
CHANCE = {"type": "number", "minimum": 0, "maximum": 1}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Returns the responses of those statuses; all routes behind the guard have some in common."""
    schema = {"$ref": "#/components/schemas/Problem"}
    content = {"application/problem+json": {"schema": schema}}
    return {status: {"description": PROBLEMS[str(status)], "content": content} for status in statuses}


def _prediction(model: Model) -> dict[str, Any]:
    """Returns the schema of a row's answer."""
    classes = model.facts["classes"]
    if not classes:
        return {"value": {"type": "number"}}
    label = {"label": {"enum": classes}, "probability": CHANCE}
    if len(classes) == 2:
        return label
    names = [str(label) for label in classes]
    every = {"type": "object", "required": names, "properties": dict.fromkeys(names, CHANCE)}
    return label | {"probabilities": every}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties, "additionalProperties": False}


def _predict(model: Model) -> dict[str, Any]:
    """Returns the operation of `/predict`."""
    example, said = model.facts["example"], {"model_version": TEXT, "request_id": REQUEST_ID}
    answer = _prediction(model)
    row = {"$ref": "#/components/schemas/Row"}
    one, many = _object(answer | said), _object({"predictions": {"type": "array", "items": _object(answer)}, **said})
    rows = {"type": "array", "items": row, "minItems": 1, "maxItems": model.max_rows}
    examples = {"row": {"value": example}, "rows": {"value": [example, example]}}
    body = {"application/json": {"schema": {"anyOf": [row, rows]}, "examples": examples}}
    answers = {"application/json": {"schema": {"anyOf": [one, many]}}}
    refused = problems(401, 403, 408, 413, 415, 422, 429, 500, 503)
    return {
        "summary": f"Predict {model.facts['target']} of one row, or of a list of rows",
        "operationId": "predict",
        "security": SECURITY,
        "requestBody": {"required": True, "content": body},
        "responses": {
            "200": {"description": "The answer.", "content": answers},
            **{str(status): response for status, response in refused.items()},
        },
    }


def document(app: FastAPI, model: Model) -> dict[str, Any]:
    """Returns the whole document."""
    found = get_openapi(title=app.title, version=model.version, routes=app.routes)
    found["paths"]["/predict"] = {"post": _predict(model)}
    schemas = {"Row": model.reader.one.json_schema(), "Problem": PROBLEM}
    found["components"] = {"schemas": schemas, "securitySchemes": SCHEMES}
    return found
