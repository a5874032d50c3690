"""Asks a service that was just started or deployed: is it ready, is it that model, does it answer its own example?"""

import json
import logging
import os
import time
import urllib.error
import urllib.request
from typing import Any

from ..stage import Refusal

PAUSE = 2.0  # seconds between two attempts
KEY = "SMOKE_API_KEY"
log = logging.getLogger(__name__)


def _ask(url: str, path: str, body: Any = None) -> Any:
    """Returns the answer as JSON; raises OSError where there is none or its status is an error."""
    headers = {"Authorization": f"Bearer {os.environ.get(KEY, '')}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url.rstrip("/") + path, data, headers)  # noqa: S310 - the scheme was checked
    with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
        return json.load(response)


def _found(url: str, model_hash: str) -> str:
    """Returns what keeps the service from being that model, or nothing."""
    try:
        served = _ask(url, "/model")["model_hash"]
    except urllib.error.HTTPError as error:
        return f"/model answers {error.code}; {KEY} must hold a key of the service"
    except OSError as error:
        return f"it can't be reached ({error})"
    return "" if served == model_hash else f"it still serves model {served[:12]}"


def check(url: str, model_hash: str, seconds: float) -> None:
    """Waits until the service has the model, then asks it for its example.

    Args:
        url: Where it answers.
        model_hash: Of the model that it must have.
        seconds: How long it may take.

    Raises:
        Refusal: It does not, or its answer is none.
    """
    if not url.startswith(("http://", "https://")):
        raise Refusal(f"{url!r} is no address of a service: write http:// or https:// and its host.")
    deadline = time.monotonic() + seconds
    while wrong := _found(url, model_hash):
        if time.monotonic() > deadline:
            raise Refusal(f"{url} does not serve model {model_hash[:12]} after {seconds:.0f} s: {wrong}.")
        time.sleep(PAUSE)
    try:
        operation = _ask(url, "/openapi.json")["paths"]["/predict"]["post"]
        example = operation["requestBody"]["content"]["application/json"]["examples"]["rows"]["value"]
        answers = _ask(url, "/predict", example)["predictions"]
    except (OSError, KeyError, ValueError) as error:
        raise Refusal(f"{url} serves model {model_hash[:12]} but fails on its own example: {error}.") from None
    log.info("%s serves model %s and answers: %s", url, model_hash[:12], answers)
