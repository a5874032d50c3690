"""The service's log: one JSON object a line on stdout. No values of requests, no addresses, no keys stand in it."""

import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

from ...core import untrusted_text

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class JsonLines(logging.Formatter):
    """Writes a record as JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Returns the line. Of an exception it says type and place, for its message may hold what was asked."""
        said: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info and record.exc_info[0]:
            said["exception"] = record.exc_info[0].__name__
            said["stack"] = [f"{at.filename}:{at.lineno} {at.name}" for at in traceback.extract_tb(record.exc_info[2])]
        return untrusted_text.as_json(said, default=str)


def say(log: logging.Logger, level: int, message: str, **facts: Any) -> None:
    """Logs a message with its facts, each a key of the line."""
    if log.isEnabledFor(level):
        log.log(level, message, extra={"facts": facts})


def configure(level: str) -> None:
    """Sends every log of the process to stdout as JSON; of the libraries only warnings."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for library in ("uvicorn", "asyncio"):
        logging.getLogger(library).setLevel(max(logging.WARNING, logging.getLogger().level))
