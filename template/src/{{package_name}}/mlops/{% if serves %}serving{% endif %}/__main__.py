"""Answers requests with the exported champion: `python -m <package>.mlops.serving --port 8000`.

One process, one event loop; more capacity is more processes behind a proxy. SIGTERM stops it gracefully: readiness
turns to 503 and connections are closed after their answer, and only then does it stop to listen.
"""

import argparse
import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from types import FrameType

import uvicorn

from ..core.errors import UsageError
from ..core.runner import run
from .api import app, protocol
from .api.service import Service
from .model import settings
from .observability import logs
from .observability.observer import Observer
from .platforms import choice
from .platforms.platform import Platform
from .security import api_keys, development_key
from .security.api_keys import Keys

DRAIN = 1.0  # seconds
FILES = 64  # that the service itself opens, at most
log = logging.getLogger(__name__)


class Server(uvicorn.Server):
    """Uvicorn, with a pause between the signal and the end in which proxies and clients turn away."""

    def __init__(self, config: uvicorn.Config, service: Service, drain: float) -> None:
        """Configures it; `drain` is in seconds."""
        super().__init__(config)
        self._service, self._drain = service, drain

    async def on_tick(self, counter: int) -> bool:
        """Looks at the clocks of the connections, once a second."""
        if counter % 10 == 0:
            protocol.sweep(self.server_state.connections)
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begins to stop; a second signal, or Ctrl-C, stops at once."""
        if sig == signal.SIGTERM and not self._service.draining:
            self._service.draining = True
            loop = asyncio.get_running_loop()
            loop.call_soon_threadsafe(loop.call_later, self._drain, self._stop)
        else:
            self._stop()

    def _stop(self) -> None:
        self.should_exit = True


def arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog=f"python -m {__package__}", description=main.__doc__)
    parser.add_argument("serve", nargs="?", choices=["serve"], help="SageMaker's, with SERVE_PLATFORM=sagemaker only")
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 answers other machines too, as a container must")
    parser.add_argument("--port", type=int, default=8000, help="on a platform its own takes the place of this one")
    parser.add_argument("--drain", type=float, default=DRAIN, help="seconds between SIGTERM and the end of listening")
    return parser.parse_args()


def connections(most: int) -> int:
    """Returns how many clients may be connected: fewer where the process may not open as many files."""
    if sys.platform == "win32":
        return most
    import resource

    return min(most, max(resource.getrlimit(resource.RLIMIT_NOFILE)[0] - FILES, 1))


def run_server(build: Callable[[Service, Keys, Platform | None], Observer]) -> None:
    """Answers requests with the exported champion, by the application that `build` makes, until a signal ends it.

    Raises:
        UsageError: Settings, keys, platform, model or what the application needs are not as they must be.
    """
    args = arguments()
    level = (os.environ.get("SERVE_LOG_LEVEL") or "INFO").upper()
    if level not in logs.LEVELS:
        raise UsageError(f"SERVE_LOG_LEVEL is {level}: set it to one of {', '.join(logs.LEVELS)}.")
    logs.configure(level)
    platform = choice.chosen(args.serve)
    port = platform.port if platform else args.port
    tried = platform is None and development_key.fits(args.host)
    serve, accepted = settings.load(), api_keys.load(needed=not tried, on_platform=platform is not None)
    secret = None
    if tried and accepted == ():
        secret, accepted = development_key.make()
    log_to, bucket = settings.prediction_log(serve), settings.prediction_bucket(serve)
    service = Service(settings.model_folder(), serve, log_to, bucket)
    if accepted is None:
        log.warning("SERVE_AUTH is off: whoever reaches this port may ask everything; use it for development only")
    config = uvicorn.Config(
        build(service, accepted, platform),
        host=args.host,
        port=port,
        http=partial(protocol.Limited, most=connections(serve.max_connections)),  # type: ignore[arg-type]
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=75,  # longer than proxies keep theirs, so that they never write into a closed one
        timeout_graceful_shutdown=30,
    )
    gc.freeze()  # what is loaded stays; to look through it again and again takes 0.1 s each time
    facts = {name: service.model.facts[name] for name in ("model", "version", "model_hash", "path")}
    where = {"host": args.host, "port": port, "platform": platform.name if platform else None}
    logs.say(log, logging.INFO, "serving", **where, **facts)
    if secret:
        development_key.show(secret, args.host, port, service.model.facts["example"])
    Server(config, service, args.drain).run()


def main() -> None:
    """Answers requests with the exported champion."""
    run_server(app.build)


if __name__ == "__main__":
    run(main)
