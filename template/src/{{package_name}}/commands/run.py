"""Runs what changed of the pipeline: `python -m <package>.commands.run`.

Then the first model of a project becomes champion; later ones wait for `make promote`, see `register.promote`.
"""

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
    from ..mlops.promotion import acts

    acts.after_run()


if __name__ == "__main__":
    run(main)
