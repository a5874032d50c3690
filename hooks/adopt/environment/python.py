"""The Python of the one environment that the repository's code and the template's share from now on."""

import re

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from adopt.draft import Draft

FILE = ".python-version"


def pin(draft: Draft, requires: str, oldest: str) -> None:
    """Sets `.python-version`, which uv obeys, where it names a Python that the template's packages don't run on.

    Args:
        draft: The adoption.
        requires: `requires-python` of the template.
        oldest: The oldest Python that fits.
    """
    if FILE not in draft.repository.entries:
        return
    lines = [line.strip() for line in draft.repository.text(FILE).splitlines()]
    wanted = next((line for line in lines if line and not line.startswith("#")), "")
    if _fits(wanted, requires):
        return
    draft.put(FILE, f"{oldest}\n")
    draft.say("changed", FILE, f"{wanted or 'nothing'} -> {oldest}: the template's packages need {requires}")


def _fits(wanted: str, requires: str) -> bool:
    number = re.fullmatch(r"(?:c?python-?)?(\d+\.\d+(?:\.\d+)?)", wanted)
    try:
        version = Version(number[1]) if number else None
    except InvalidVersion:
        version = None
    if version is None:
        return False
    exact = str(version) if len(version.release) > 2 else f"{version}.99"
    return SpecifierSet(requires).contains(exact)
