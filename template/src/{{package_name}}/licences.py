"""Writes the licences of all installed packages to `reports/licences.md`, and refuses those that the project denies.

What is denied and which packages are allowed nevertheless stands in `pyproject.toml`, `[tool.licences]`.
"""

import json
import logging
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from .foreign import markdown
from .paths import LICENCES
from .stage import GateRefused, run, write

SETTINGS = Path("pyproject.toml")
log = logging.getLogger(__name__)


def installed() -> dict[str, str]:
    """Returns what every package of the environment says of its licence, in one line, by name and version."""
    command = [sys.executable, "-m", "piplicenses", "--format", "json", "--with-system"]
    listed = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)  # noqa: S603
    return {f"{found['Name']} {found['Version']}": found["License"].strip().split("\n")[0] for found in listed}


def denied(licence: str, deny: list[str]) -> bool:
    """Whether every licence that a package offers to choose from is among those denied."""
    return all(any(re.search(pattern, offer) for pattern in deny) for offer in re.split(r"\bOR\b", licence))


def refuse(licences: dict[str, str], deny: list[str], allow: dict[str, str]) -> None:
    """Refuses packages by their licence.

    Args:
        licences: What each package says, by name and version.
        deny: Regular expressions of licences.
        allow: Packages that are allowed nevertheless, with the reasons.

    Raises:
        GateRefused: A package has a denied licence and is not allowed.
    """
    found = [
        f"{name} ({licence})"
        for name, licence in licences.items()
        if denied(licence, deny) and name.split()[0] not in allow
    ]
    if found:
        raise GateRefused(
            f"{', '.join(found)}: {SETTINGS} denies the licence; replace the package, "
            "or allow it with the reason in [tool.licences]."
        )


def main() -> None:
    """Writes the list, then refuses what is denied."""
    settings = tomllib.loads(SETTINGS.read_text(encoding="utf-8"))
    own, policy = settings["project"]["name"], settings["tool"]["licences"]
    licences = {name: licence for name, licence in installed().items() if name.split()[0] != own}
    rows = (f"| {markdown(name)} | {markdown(licence)} |" for name, licence in sorted(licences.items()))
    write(LICENCES, "\n".join(["# Licences", "", "| package | licence |", "|---|---|", *rows]) + "\n")
    unknown = [name for name, licence in licences.items() if licence == "UNKNOWN"]
    if unknown:
        log.info("look these up yourself, their metadata name no licence: %s", ", ".join(unknown))
    refuse(licences, policy["deny"], policy["allow"])
    log.info("%s: %d packages, none with a denied licence", LICENCES, len(licences))


if __name__ == "__main__":
    run(main)
