"""Runs what changed of the pipeline: `python -m <package>.commands.run`."""

import sys

from ..mlops.core.errors import Refusal
from ..mlops.core.pipeline import reproduce
from ..mlops.core.runner import run


def main() -> None:
    """Runs the pipeline; the stage that stopped it has already said why."""
    try:
        reproduce(*sys.argv[1:])
    except Refusal as refusal:
        sys.exit(refusal.code)


if __name__ == "__main__":
    run(main)
