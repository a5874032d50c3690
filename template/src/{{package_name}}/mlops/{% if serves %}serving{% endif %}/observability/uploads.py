"""What the service says of the bucket that gets the prediction log: metrics, and a line when it fails."""

import logging
import time

from . import logs
from .bucket import Waiting
from .telemetry import Telemetry

log = logging.getLogger(__name__)


class Uploads:
    """The bucket as the writer's process told of it last."""

    def __init__(self, telemetry: Telemetry) -> None:
        """Shows it in those metrics."""
        self._telemetry = telemetry
        self._sent, self._error = 0, ""
        self._since: float | None = None
        telemetry.oldest_file.set_function(lambda: max(time.time() - self._since, 0.0) if self._since else 0.0)

    def heard(self, waiting: Waiting | None) -> None:
        """Takes what the process says; None without a bucket."""
        if waiting is None:
            return
        if waiting["sent"] < self._sent:
            self._sent = 0  # another process
        self._telemetry.sent_files.inc(waiting["sent"] - self._sent)
        self._telemetry.waiting_files.set(waiting["files"])
        self._sent, self._since = waiting["sent"], waiting["since"]
        if waiting["error"] and waiting["error"] != self._error:
            said = waiting["error"]
            logs.say(
                log, logging.ERROR, "the prediction log can't be sent to its bucket", files=waiting["files"], error=said
            )
        self._error = waiting["error"]
