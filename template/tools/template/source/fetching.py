"""Brings the template's repository onto this machine."""

from pathlib import Path

from repository import GuardError, run

SHORT = {"gh:": "https://github.com/", "gl:": "https://gitlab.com/"}
# Transports that run a command or read an open file.
REFUSED = {"protocol.ext.allow": "never", "protocol.fd.allow": "never"}
WAY_OUT = "name a local clone with `--template FOLDER`, or correct `_src_path` in .copier-answers.yml and commit it"


def expanded(source: str) -> str:
    """Returns the URL or path that a source stands for: Copier takes short forms."""
    url = source.removeprefix("git+")
    for short, full in SHORT.items():
        if url.startswith(short):
            return f"{full}{url.removeprefix(short).strip('/').removesuffix('.git')}.git"
    return url


def fetch(source: str, into: Path, *, near: Path) -> Path:
    """Returns a local git repository of the template: the source itself where it is local, else a clone.

    Args:
        source: URL or path, in any form that Copier takes.
        into: Folder for the clone; must not exist.
        near: Folder that a relative path starts from.

    Raises:
        GuardError: The source can't be cloned.
    """
    local = near / Path(expanded(source)).expanduser()
    return local if local.is_dir() else clone(source, into, near=near)


def clone(source: str, into: Path, *, near: Path) -> Path:
    """Clones the template, also from a folder; see `fetch`."""
    url = expanded(source)
    local = near / Path(url).expanduser()
    settings = [word for key, value in REFUSED.items() for word in ("-c", f"{key}={value}")]
    command = ("clone", "--quiet", "--mirror", *settings, "--", str(local) if local.exists() else url, str(into))
    try:
        run(*command, at=near)
    except GuardError as error:
        message = f"the template can't be fetched from {source}: {WAY_OUT} ({error})"
        raise GuardError(message) from None
    return into
