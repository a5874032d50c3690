"""Asks a service that was just started or deployed: is it ready, is it that model, does it answer its own example?"""

import http.client
import json
import logging
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from ..core.errors import GateRefused, UsageError
from ..core.untrusted_text import address, reason, unquoted

# While a canary is judged, its pods answer 5 % of the requests at first, and fewer than 20 answers in 5 minutes are not
# judged: where nobody else asks, these are all there are.
PAUSE = 0.5  # seconds between two attempts
IN_A_ROW = 20  # answers of the model, of all pods
KEY = "SMOKE_API_KEY"
log = logging.getLogger(__name__)


def _ask(url: str, path: str, body: Any = None) -> Any:
    """Returns the answer as JSON; raises OSError where there is none or its status is an error."""
    headers = {"Authorization": f"Bearer {os.environ.get(KEY, '')}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url.rstrip("/") + path, data, headers)  # noqa: S310 - the scheme was checked
    with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
        return json.load(response)


def _wrong(url: str, model_hash: str) -> str:
    """Returns what keeps the service from being that model and answering its own example, or nothing."""
    try:
        served = _ask(url, "/model")["model_hash"]
        operation = _ask(url, "/openapi.json")["paths"]["/predict"]["post"]
        example = operation["requestBody"]["content"]["application/json"]["examples"]["rows"]["value"]
        answered = len(_ask(url, "/predict", example)["predictions"])
    except urllib.error.HTTPError as error:
        return f"{urllib.parse.urlsplit(error.url).path} answers {error.code}; {KEY} must hold a key of the service"
    except (OSError, http.client.HTTPException) as error:
        return f"it can't be reached ({reason(error, url)})"
    except (KeyError, ValueError) as error:
        return f"its answer is none of this service ({unquoted(repr(error))})"
    if served != model_hash:
        return f"it still serves model {served[:12]}"
    return "" if answered else "it answers its own example with nothing"


def check(url: str, model_hash: str, seconds: float) -> None:
    """Asks the service for its model and its example, until all of it has the model.

    Args:
        url: Where it answers.
        model_hash: Of the model that it must have.
        seconds: How long it may take.

    Raises:
        Refusal: It does not, or its answer is none.
    """
    if not url.startswith(("http://", "https://")):
        raise UsageError(f"{address(url)!r} is no address of a service: write http:// or https:// and its host.")
    deadline, agreed = time.monotonic() + seconds, 0
    while agreed < IN_A_ROW:
        wrong = _wrong(url, model_hash)
        agreed = 0 if wrong else agreed + 1
        if wrong and time.monotonic() > deadline:
            raise GateRefused(f"{address(url)} does not serve model {model_hash[:12]} after {seconds:.0f} s: {wrong}.")
        if wrong:
            time.sleep(PAUSE)
    log.info("%s serves model %s and answers its example", url, model_hash[:12])
