"""The Python of the one environment that the repository's code and the template's share from now on."""

import re

from packaging.specifiers import SpecifierSet

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
    if fits(wanted, requires):
        return
    draft.put(FILE, f"{oldest}\n")
    draft.say("changed", FILE, f"{wanted or 'nothing'} -> {oldest}: the template's packages need {requires}")


def fits(wanted: str, requires: str) -> bool:
    """Says whether uv would choose a Python that fits for a line of `.python-version`."""
    number = re.fullmatch(r"(?:cpython-)?(\d+(?:\.\d+){0,2})", wanted)
    if number is None:
        return False
    if number[1].count(".") == 2:
        return SpecifierSet(requires).contains(number[1])
    listed = [f"{number[1]}.{minor}.99" if "." not in number[1] else f"{number[1]}.99" for minor in range(100)]
    return any(SpecifierSet(requires).contains(version) for version in listed)
