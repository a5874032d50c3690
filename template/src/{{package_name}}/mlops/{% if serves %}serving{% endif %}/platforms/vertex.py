"""Vertex AI's contract of custom containers: port and routes by AIP_*, `{"instances": ...}` to `{"predictions": ...}`.

Of Google's documentation, in copies read on 2026-11-30:

- AIP_HTTP_PORT, AIP_HEALTH_ROUTE and AIP_PREDICT_ROUTE say where to listen, on 0.0.0.0; a health check is a GET, and
  200 is healthy: "Custom container requirements",
  cloud.google.com/vertex-ai/docs/predictions/custom-container-requirements
- By default both routes are /v1/endpoints/ENDPOINT/deployedModels/DEPLOYED_MODEL:predict: "ModelContainerSpec",
  cloud.google.com/vertex-ai/docs/reference/rest/v1/ModelContainerSpec
- A request has at most 1.5 MB: cloud.google.com/sdk/gcloud/reference/ai/endpoints/predict
- `metadata` is what a model tells of a request: cloud.google.com/vertex-ai/docs/reference/rest/v1/PredictResponse
"""

import json
import re
from collections.abc import Callable, Mapping

from pydantic_core import from_json, to_json

from ...core.errors import UsageError
from ..model.answer import Model
from ..model.problem import Problem
from .platform import JSON, Headers, Lines, Platform, port_of

ROUTE = re.compile(r"(/[A-Za-z0-9._~:-]+)+")
FORM = 'the body must be {"instances": [{...}, ...]}, one object for each row'


def to_rows(body: bytes, _: Headers, __: Model) -> bytes:
    """Returns the instances as a list of rows.

    Raises:
        Problem: The body is no object with instances, or has what the model does not know.
    """
    try:
        said = from_json(body)
    except ValueError as error:
        raise Problem(422, f"the body: Invalid JSON: {error}.") from None
    if not isinstance(said, dict) or not isinstance(said.get("instances"), list):
        raise Problem(422, f"{FORM}.")
    if said.get("parameters"):
        raise Problem(422, "parameters: this model has none: leave them out.")
    if said.keys() - {"instances", "parameters"}:
        raise Problem(422, f"{FORM}, and nothing else.")
    return to_json(said["instances"], inf_nan_mode="constants")


def to_answer(_: Headers) -> Callable[[bytes, str], tuple[bytes, Lines]]:
    """Returns what makes the platform's answer: all that is not of one row is metadata."""

    def answer(content: bytes, _: str) -> tuple[bytes, Lines]:
        said = json.loads(content)
        predictions = said.pop("predictions")
        return json.dumps({"predictions": predictions, "metadata": said}).encode(), [(b"content-type", JSON.encode())]

    return answer


def _route(environment: Mapping[str, str], name: str) -> str:
    path = environment.get(name, "")
    if not ROUTE.fullmatch(path) or {".", ".."} & set(path.split("/")):
        raise UsageError(
            f"{name} is {path!r}: Vertex AI sets it to a path of letters, digits and . _ ~ : - ; where this is not "
            "Vertex AI, remove SERVE_PLATFORM."
        )
    return path


def platform(environment: Mapping[str, str]) -> Platform:
    """Returns Vertex AI as the variables describe it that it sets.

    Raises:
        UsageError: One is absent, or is no port or path: then this is not Vertex AI, and nothing is opened.
    """
    said = environment.get("AIP_HTTP_PORT", "")
    port = port_of(said)
    if port is None:
        raise UsageError(
            f"AIP_HTTP_PORT is {said!r}: Vertex AI sets it to a port; where this is not Vertex AI, remove "
            "SERVE_PLATFORM."
        )
    health, predict = _route(environment, "AIP_HEALTH_ROUTE"), _route(environment, "AIP_PREDICT_ROUTE")
    return Platform("vertex", port, health, predict, (JSON,), to_rows, to_answer)
