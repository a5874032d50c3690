"""On which platform the service runs: `SERVE_PLATFORM`, and with it what only that platform gives a container.

The platform's routes need no API key, so one variable that was copied to another place must not open them: SageMaker
also has to pass its argument, Vertex AI to set its variables. Neither opens anything alone.
"""

import logging
import os

from ...core.errors import UsageError
from . import sagemaker, vertex
from .platform import Platform

log = logging.getLogger(__name__)


def chosen(argument: str | None) -> Platform | None:
    """Returns the platform, or None where there is none.

    Args:
        argument: The one that the process was started with: `serve`, or None.

    Raises:
        UsageError: The setting is unknown, or does not go with what the process was started with.
    """
    name = os.environ.get("SERVE_PLATFORM") or None
    if name not in (None, "sagemaker", "vertex"):
        raise UsageError(f"SERVE_PLATFORM is {name!r}: set it to sagemaker or vertex, or remove it.")
    if argument and name != "sagemaker":
        raise UsageError(
            f"the argument {argument} is SageMaker's: set SERVE_PLATFORM=sagemaker in the Environment of its model, or "
            "leave the argument out."
        )
    if name == "sagemaker":
        if not argument:
            raise UsageError(
                "SERVE_PLATFORM is sagemaker, but the argument serve is absent, which SageMaker adds: "
                "remove SERVE_PLATFORM, or add the argument to try the routes."
            )
        return sagemaker.platform(os.environ)
    if name == "vertex":
        return vertex.platform(os.environ)
    if "AIP_HTTP_PORT" in os.environ:
        log.warning("AIP_HTTP_PORT is set, but SERVE_PLATFORM is not vertex: the routes of Vertex AI stay closed")
    return None
