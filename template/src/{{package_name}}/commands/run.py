"""Runs what changed of the pipeline: `python -m <package>.commands.run`.

Then the first model of a project becomes champion; later ones wait for `make promote`, see `register.promote`.
"""

import logging
import sys

from .. import project
from ..mlops.core.errors import Refusal
from ..mlops.core.paths import REPORT
from ..mlops.core.pipeline import reproduce
from ..mlops.core.runner import run

log = logging.getLogger(__name__)


def main() -> None:
    """Runs the pipeline; the stage that stopped it has already said why."""
    from ..mlops.reporting import run_report

    try:
        reproduce(*sys.argv[1:])
    except Refusal as refusal:
        run_report.render(project.contract())
        sys.exit(refusal.code)
    from ..mlops.promotion import acts

    acts.after_run()
    if run_report.render(project.contract()):
        log.info("report   %s", REPORT)


if __name__ == "__main__":
    run(main)
