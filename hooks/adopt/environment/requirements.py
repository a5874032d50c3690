"""Requirements of the repository with the template's added; where both name a package, the template's bounds count."""

import re
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from tomlkit.items import Array

LEAD = re.compile(r"^[\w.-]+ *(\[[^\]]*\])?")


def name(requirement: Any) -> str:
    """Returns the name of the package; of an included group or what is no requirement, its text."""
    try:
        return canonicalize_name(Requirement(requirement).name)
    except (InvalidRequirement, TypeError):
        return str(requirement)


def merge(theirs: Array, ours: list[Any]) -> list[tuple[str, str]]:
    """Adds requirements to an array, in their order and at its end, so that later updates meet the lines they know.

    Args:
        theirs: The array of the repository; changed.
        ours: The template's requirements.

    Returns:
        What was replaced: old and new requirement.
    """
    new = {name(requirement): requirement for requirement in ours}
    replaced = []
    for position in reversed(range(len(theirs))):
        old = theirs[position]
        if name(old) not in new:
            continue
        del theirs[position]
        added = _with_extras(old, new[name(old)])
        if str(old).replace(" ", "") != added:
            replaced.append((str(old), added))
        new[name(old)] = added
    for requirement in new.values():
        theirs.append(requirement)
    theirs.multiline(multiline=True)
    return replaced[::-1]


def _with_extras(old: Any, new: Any) -> Any:
    if not isinstance(old, str) or not isinstance(new, str):
        return new
    before, after = Requirement(old), Requirement(new)
    if before.extras <= after.extras:
        return new
    return f"{after.name}[{','.join(sorted(before.extras | after.extras))}]{LEAD.sub('', new)}"
