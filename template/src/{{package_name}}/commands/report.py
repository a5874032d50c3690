"""Writes the last run on one page, and opens it: `python -m <package>.commands.report`."""

from .. import project
from ..mlops.core.errors import UsageError
from ..mlops.core.runner import run
from ..mlops.reporting import run_report, window


def main() -> None:
    """Writes and opens the page.

    Raises:
        UsageError: No model was evaluated yet.
    """
    page = run_report.render(project.contract())
    if page is None:
        raise UsageError("there is no evaluation to report: `make run` first.")
    window.show(page)


if __name__ == "__main__":
    run(main)
