"""What of the environment is left while text and code of the template are at work: no tokens, no passwords."""

import os
import re
from collections.abc import Mapping

ALLOWED = re.compile(
    r"""PATH|HOME|USER|LOGNAME|SHELL|TERM|COLUMNS|NO_COLOR|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|TEMP|TMP
    |SYSTEMROOT|SYSTEMDRIVE|COMSPEC|PATHEXT|WINDIR|USERPROFILE|APPDATA|LOCALAPPDATA|PROGRAMDATA
    |(HTTP|HTTPS|ALL|NO)_PROXY|SSL_\w+|XDG_\w+|UV_(?!PUBLISH)\w+|COPIER_SETTINGS_PATH
    |PYTHON(PYCACHEPREFIX|DONTWRITEBYTECODE|UTF8|IOENCODING)
    |GIT_(AUTHOR|COMMITTER)_(NAME|EMAIL|DATE)|GIT_CONFIG_(GLOBAL|SYSTEM|NOSYSTEM)
    |GIT_(CEILING_DIRECTORIES|DISCOVERY_ACROSS_FILESYSTEM)""",
    re.IGNORECASE | re.VERBOSE,
)
SECRET_SETTINGS = re.compile(r"http\..*extraheader|credential\.|.*password|.*token|url\..*@", re.IGNORECASE)


def allowed(environment: Mapping[str, str]) -> dict[str, str]:
    """Returns the variables that programs need to run, and Git's settings without those that carry passwords."""
    kept = {key: text for key, text in environment.items() if ALLOWED.fullmatch(key)}
    settings = []
    for number in range(int(environment.get("GIT_CONFIG_COUNT", 0) or 0)):
        key, value = (environment.get(f"GIT_CONFIG_{what}_{number}") for what in ("KEY", "VALUE"))
        if key is not None and value is not None and not SECRET_SETTINGS.match(key):
            settings.append((key, value))
    for number, (key, value) in enumerate(settings):
        kept |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return kept | ({"GIT_CONFIG_COUNT": str(len(settings))} if settings else {})


def restrict() -> None:
    """Takes everything else out of this process's environment: Jinja's filter `expandvars` reads it, sandbox or not."""
    kept = allowed(os.environ)
    for key in set(os.environ) - set(kept):
        del os.environ[key]
    os.environ.update(kept)
