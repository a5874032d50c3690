"""Hands an update over to the guard of the version to update to: the project's own copy can't know what that needs.

The other guard comes from the same commit as the files, out of the recorded source or a folder that the user named, and
runs in a process whose environment has no tokens. It never hands over again. See docs/decisions/0025 of the template.
"""

import logging
import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from content import objects
from repository import GuardError, ask

from source.environment import allowed
from source.template import Template

# Counts up with each release whose guard differs. Read from the text of the target's guard, never by running it.
GENERATION = 1
GENERATIONS = re.compile(rb"(?m)^GENERATION = (\d+)\r?$")
PLACES = ("hooks/update", "template/tools/template")
STARTED = "TEMPLATE_UPDATE_STARTED"  # names a file that the other guard makes first: uv ends with 1 and 2, too
log = logging.getLogger(__name__)


def begin() -> bool:
    """Tells whether this process was handed an update, and says to the one that did that it has started."""
    started = os.environ.pop(STARTED, None)
    if started is not None:
        Path(started).touch()
    return started is not None


def place(template: Template, commit: str) -> tuple[str, int] | None:
    """Returns the folder of a version's guard and its generation, or None where that version has no guard."""
    for folder in PLACES:
        listed = ask("ls-tree", "-r", "-z", "--name-only", commit, "--", folder, at=template.repository).split("\0")
        if f"{folder}/main.py" in listed:
            return folder, _generation(template, [f"{commit}:{name}" for name in listed if name.endswith(".py")])
    return None


def _generation(template: Template, names: list[str]) -> int:
    texts = objects.read(names, template.repository).values()
    return max((int(found[1]) for text in texts for found in GENERATIONS.finditer(text)), default=0)


def due(template: Template, commit: str) -> str | None:
    """Returns the folder of a version's guard where that is newer than this one."""
    there = place(template, commit)
    return there[0] if there and there[1] > GENERATION else None


def run_other(template: Template, version: str, commit: str, given: Sequence[str], room: Path) -> int:
    """Runs the guard of another version with the same arguments, and returns its exit code.

    Raises:
        GuardError: It could not be started.
    """
    folder = due(template, commit)
    unpacked = template.unpack(version, commit, room / "guard", str(folder))
    main = unpacked.folder / str(folder) / "main.py"
    started = room / "started"
    command = ["uv", "run", "--quiet", "--script", str(main), *given]
    log.info("handed over to the guard of version %s (%.9s)", version, commit)
    environment = allowed(os.environ) | {STARTED: str(started)}
    try:
        code = subprocess.run(command, env=environment, check=False).returncode  # noqa: S603
    except FileNotFoundError:
        message = "uv is not installed: install it, https://docs.astral.sh/uv/"
        raise GuardError(message) from None
    if not started.exists():
        message = f"the guard of version {version} could not be started, see above: `--own-guard` does it without"
        raise GuardError(message)
    return code if code >= 0 else 128 - code
