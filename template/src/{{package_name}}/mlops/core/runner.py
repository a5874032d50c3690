"""How a process starts, logs and ends."""

import logging
import os
import shutil
import sys
import traceback
from collections.abc import Callable

from . import untrusted_text, usage
from .atomic import replacing
from .errors import Refusal, write_verdict
from .paths import AUDIT, VERDICT, is_copy, workspace

# Loggers whose every word is shown; of the libraries, only warnings are.
OWN = ("__main__", str(__package__).partition(".")[0])


class SafeFormatter(logging.Formatter):
    """Writes records as lines in which nothing of the data is a command to a terminal or a workflow."""

    def format(self, record: logging.LogRecord) -> str:
        """Returns the lines of a record."""
        return untrusted_text.printed(super().format(record))


def print_error(text: str) -> None:
    """Writes lines to stderr, likewise."""
    sys.stderr.write(f"{untrusted_text.printed(text)}\n")


def _bring_log() -> None:
    """Gives a queued experiment the project's audit log, for the copy has that of the commit, or none."""
    newest = workspace() / AUDIT
    if is_copy() and newest.exists():
        with replacing(AUDIT) as beside:
            shutil.copyfile(newest, beside)


def run(main: Callable[[], None]) -> None:
    """Runs a stage and records what it used; a `Refusal` becomes its sentence on stderr and its exit code."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(SafeFormatter("%(message)s"))
    handler.addFilter(lambda record: record.levelno >= logging.WARNING or record.name.startswith(OWN))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    finished = False
    if os.environ.get(usage.STAGE):
        VERDICT.unlink(missing_ok=True)  # of another run
    _bring_log()
    try:
        main()
        finished = True
    except Refusal as refusal:
        print_error(f"refused: {refusal}")
        write_verdict(refusal.code, str(refusal), refusal.gates, refusal.logged)
        sys.exit(refusal.code)
    except Exception as error:
        print_error(traceback.format_exc())
        write_verdict(Refusal.code, untrusted_text.reason(error), {})
        sys.exit(Refusal.code)
    finally:
        usage.record(finished=finished)
