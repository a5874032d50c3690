"""Shows a page in a browser, where one opens a window."""

import logging
import os
import sys
import webbrowser
from pathlib import Path

log = logging.getLogger(__name__)


def _opens() -> bool:
    """Whether a browser would open a window, and not take the terminal."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def show(page: Path) -> None:
    """Says where a page is, and opens it."""
    address = page.resolve().as_uri()
    log.info("%s", address)
    if _opens():
        webbrowser.open(address)
