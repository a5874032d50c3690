"""The head of every HTML report, and in it the content security policy: nothing is loaded from elsewhere."""

import base64
import hashlib
import re
from collections.abc import Iterable

from . import foreign

POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"
)


def _policy(scripts: Iterable[str]) -> str:
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = "".join(f" 'sha256-{digest}'" for digest in hashes) or " 'none'"
    return f'<meta http-equiv="Content-Security-Policy" content="{POLICY}; script-src{allowed}">'


def secured(page: str, scripts: Iterable[str] = ()) -> str:
    """Returns a library's page that runs these scripts and no other.

    Raises:
        ValueError: It has no head to say so in.
    """
    found, count = re.subn("<head>", lambda head: head[0] + _policy(scripts), page, count=1)
    if not count:
        raise ValueError("the page has no <head>")
    return found


def page(title: str, style: str, body: str) -> str:
    """Returns a page without scripts; the title is text, style and body are markup."""
    head = '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    shown = f"<title>{foreign.html(title)}</title><style>{style}</style></head>"
    return secured(f'<!doctype html><html lang="en">{head}{shown}<body>{body}</body></html>\n')
