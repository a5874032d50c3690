"""Builds the image of the service with the model of `models/served`: called by `make image`.

`python -m <package>.mlops.serving.image docker|podman`, further arguments go to the builder. A compiled model needs few
packages, any other one those of its pipeline: the bundle says which it is.
"""

import argparse
import logging
import re
import subprocess
from typing import Any

from ..core import lineage
from ..core.errors import Refusal, UsageError
from ..core.runner import run
from ..models.libraries import libraries
from .model import bundle

log = logging.getLogger(__name__)
GROUPS = {"compiled": "serve", "pipeline": "serve-pipeline"}
# Podman's own format has no health check.
FORMATS = {"docker": [], "podman": ["--format", "docker"]}


def tag(facts: dict[str, Any], revision: str) -> str:
    """Returns the name of the image, which says what is in it: model:version-commit."""
    name = re.sub(r"[^a-z0-9]+", "-", str(facts["model"]).lower()).strip("-")
    return f"{name}:{facts['version']}-{revision[:12]}{'-dirty' if revision.endswith('-dirty') else ''}"


def needed(facts: dict[str, Any]) -> list[str]:
    """Returns the libraries of a model that is not compiled."""
    return [*libraries(bundle.SERVED / facts["file"])] if facts["path"] == "pipeline" else []


def command(container: str, facts: dict[str, Any], revision: str, further: list[str], needed: list[str]) -> list[str]:
    """Returns the command that builds the image.

    Args:
        container: `docker` or `podman`.
        facts: Of the bundle.
        revision: Git commit of the code.
        further: Arguments for the builder.
        needed: Libraries of the model.
    """
    values = {
        "GROUP": GROUPS[facts["path"]],
        "LIBRARIES": " ".join(needed),
        "REVISION": revision,
        "MODEL_NAME": facts["model"],
        "MODEL_VERSION": facts["version"],
        "MODEL_HASH": facts["model_hash"],
    }
    arguments = [word for name, value in values.items() for word in ("--build-arg", f"{name}={value}")]
    named = ["--file", "deploy/Dockerfile", "--tag", tag(facts, revision)]
    return [container, "build", *FORMATS[container], *named, *arguments, *further, "."]


def main() -> None:
    """Builds the image, and prints its tag as the last line."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("container", choices=[*FORMATS])
    parser.add_argument("further", nargs=argparse.REMAINDER, help="arguments for the builder")
    args = parser.parse_args()
    facts = bundle.load().facts
    revision = lineage.commit() + ("-dirty" if lineage.dirty() else "")
    building = command(args.container, facts, revision, args.further, needed(facts))
    try:
        done = subprocess.run(building, check=False)  # noqa: S603
    except FileNotFoundError:
        raise UsageError(
            f"there is no {args.container} here: install it, or say make image CONTAINER=podman."
        ) from None
    if done.returncode:
        raise Refusal(f"{args.container} could not build the image: what it said stands above.")
    log.info(tag(facts, revision))


if __name__ == "__main__":
    run(main)
