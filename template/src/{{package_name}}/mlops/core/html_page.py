"""The head of every HTML report, and in it the content security policy: nothing is loaded from elsewhere."""

import base64
import hashlib
import re
from collections.abc import Iterable

from . import untrusted_text

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


def head(title: str, style: str) -> str:
    """Returns what the head of a page without scripts holds."""
    seen = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    return f"{_policy(())}{seen}<title>{untrusted_text.html(title)}</title><style>{style}</style>"
