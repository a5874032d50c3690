"""What the compose files need to start, and how their servers are called."""

import json
import urllib.error
import urllib.request
from typing import Any

PASSWORD = "correct-horse-battery"  # noqa: S105
VALUES = {
    "IMAGE": "model:1",
    "MLFLOW_FLASK_SERVER_SECRET_KEY": "a long random text",
    "MLFLOW_AUTH_ADMIN_PASSWORD": PASSWORD,
    "GRAFANA_ADMIN_PASSWORD": PASSWORD,
}


def status_of_post(url: str, body: Any, headers: dict[str, str]) -> int:
    """Posts JSON, and returns the status."""
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
