"""What the guard's processes know of the operator: where programs, caches and temporary files are, and nothing else."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

# No token, no password, no home: Copier's settings, Git's and uv's are those of the programs.
ALLOWED = re.compile(
    r"PATH|LANG|LANGUAGE|LC_\w+|TZ|SYSTEMROOT|COMSPEC|PATHEXT|WINDIR"
    r"|SSL_CERT_(FILE|DIR)|NO_PROXY|UV_(CACHE_DIR|OFFLINE|PYTHON_DOWNLOADS|NATIVE_TLS|SYSTEM_CERTS)"
    r"|PYTHON(PYCACHEPREFIX|DONTWRITEBYTECODE|UTF8)",
    re.IGNORECASE,
)
# A proxy and an index may have a password in their address.
ADDRESSES = re.compile(r"(HTTP|HTTPS|ALL)_PROXY|UV_(DEFAULT_INDEX|INDEX_URL)", re.IGNORECASE)


def restricted(operator: Mapping[str, str], room: Path) -> dict[str, str]:
    """Returns the environment of the guard's processes.

    Args:
        operator: The operator's environment.
        room: A folder of the fleet's own: home and temporary folder of these processes.
    """
    kept = {key: text for key, text in operator.items() if ALLOWED.fullmatch(key)}
    kept |= {key: text for key, text in operator.items() if ADDRESSES.fullmatch(key) and "@" not in text}
    cache = Path(operator.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "uv"
    return (
        {"UV_CACHE_DIR": str(cache)}
        | kept
        | {
            "HOME": str(room),
            "TMPDIR": str(room),
            "XDG_CONFIG_HOME": str(room / "config"),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
            "GIT_CEILING_DIRECTORIES": str(room),
            "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",
            "UV_NO_BUILD": "1",  # building a package runs code of the project
        }
    )
