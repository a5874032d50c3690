"""A key for somebody who tries the service on the machine that it runs on: shown as it starts, and kept nowhere.

Only where no other machine can ask, and no key is named. Everywhere else a service without keys does not start.
"""

import json
import os
import shlex
from ipaddress import ip_address
from typing import Any

from ...core.runner import print_error
from .api_keys import Key, create, parse

NAME = "development"


def fits(host: str) -> bool:
    """Whether a service that listens at this address answers its own machine alone, and nobody named keys."""
    if os.environ.get("SERVE_API_KEYS") or os.environ.get("SERVE_API_KEYS_FILE"):
        return False
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:  # a name, which may be that of any address
        return False


def make() -> tuple[str, tuple[Key, ...]]:
    """Returns a new key that may do everything, and what the service knows of it."""
    secret, line = create(NAME, "admin")
    return secret, parse(line, NAME)


def show(secret: str, host: str, port: int, example: dict[str, Any]) -> None:
    """Shows the key and a request that is answered, on stderr: the log holds no keys.

    Args:
        secret: The key.
        host: Where the service listens.
        port: Likewise.
        example: A row that it answers.
    """
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    headers = ("-H", f"X-API-Key: {secret}", "-H", "Content-Type: application/json")
    command = shlex.join(["curl", "-s", f"{address}/predict", *headers, "-d", json.dumps(example)])
    print_error(
        f"No API keys are set, so this key is for you, on this machine, until the service stops:\n  {secret}\n"
        f"Try it:\n  {command}\nAll routes and fields: {address}/openapi.json"
    )
