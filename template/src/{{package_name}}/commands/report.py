"""Writes the last run on one page, and opens it: `python -m <package>.commands.report`."""

import logging
import os
import sys
import webbrowser

from .. import project
from ..mlops.core.errors import UsageError
from ..mlops.core.paths import REPORT
from ..mlops.core.runner import run
from ..mlops.reporting import run_report

log = logging.getLogger(__name__)


def _has_window() -> bool:
    """Whether a browser would open a window, and not take the terminal."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def main() -> None:
    """Writes and opens the page.

    Raises:
        UsageError: No model was evaluated yet.
    """
    if run_report.render(project.contract()) is None:
        raise UsageError("there is no evaluation to report: `make run` first.")
    log.info("%s", REPORT.resolve().as_uri())
    if _has_window():
        webbrowser.open(REPORT.resolve().as_uri())


if __name__ == "__main__":
    run(main)
