"""What all stages share: how one starts, how it refuses, how it writes so that a kill leaves nothing half-done."""

import logging
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from . import foreign, usage
from .paths import VERDICT

# Loggers whose every word is shown; of the libraries, only warnings are.
OWN = ("__main__", str(__package__))


class Refusal(Exception):  # noqa: N818 - a gate that closes is not an error of the program
    """Something failed. The message is one sentence: what, where, what to do.

    Attributes:
        code: With which the process ends.
        gates: Which gates are closed, with the reason as a code: `limit`, or `not_measured`.
    """

    code = 1

    def __init__(self, sentence: str = "", gates: Mapping[str, str] = MappingProxyType({})) -> None:
        """Keeps the sentence, its addresses without user, password and query."""
        super().__init__(foreign.hushed(sentence))
        self.gates = dict(gates)


class UsageError(Refusal):
    """Parameters, arguments, settings or a file that a person gives are wrong."""

    code = 2


class GateRefused(Refusal):
    """A gate is closed: it measured too much or too little, or could not measure."""

    code = 3


class Harmless(logging.Formatter):
    """Writes records as lines in which nothing of the data is a command to a terminal or a workflow."""

    def format(self, record: logging.LogRecord) -> str:
        """Returns the lines of a record."""
        return foreign.printed(super().format(record))


def tell(text: str) -> None:
    """Writes lines to stderr, likewise."""
    sys.stderr.write(f"{foreign.printed(text)}\n")


def _verdict(code: int, sentence: str, gates: Mapping[str, str]) -> None:
    """Writes how a stage ended that DVC runs, because DVC has one exit code for every failure."""
    stage = os.environ.get(usage.STAGE)
    if stage:
        told = {"stage": stage, "code": code, "gates": gates, "sentence": sentence}
        write(VERDICT, foreign.as_json(told, indent=2) + "\n")


def run(main: Callable[[], None]) -> None:
    """Runs a stage and records what it used; a `Refusal` becomes its sentence on stderr and its exit code."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(Harmless("%(message)s"))
    handler.addFilter(lambda record: record.levelno >= logging.WARNING or record.name.startswith(OWN))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    finished = False
    if os.environ.get(usage.STAGE):
        VERDICT.unlink(missing_ok=True)  # of another run
    try:
        main()
        finished = True
    except Refusal as refusal:
        tell(f"refused: {refusal}")
        _verdict(refusal.code, str(refusal), refusal.gates)
        sys.exit(refusal.code)
    except Exception as error:
        tell(traceback.format_exc())
        _verdict(Refusal.code, foreign.reason(error), {})
        sys.exit(Refusal.code)
    finally:
        usage.record(finished=finished)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yields a path beside `path` to write to; only a block that ends well puts it in place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    try:
        yield beside
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def write(path: Path, text: str) -> None:
    """Writes a text file whole or not at all."""
    with replacing(path) as beside:
        beside.write_text(text, encoding="utf-8", newline="\n")
