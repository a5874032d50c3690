"""Categories that are one category in several spellings, such as Yes and yes: they are named, and never merged."""

import re
from collections import defaultdict
from dataclasses import replace

from ...contract.notes import some
from ...core.errors import UsageError
from ...core.untrusted_text import value
from ..profiling import MAX_CATEGORIES, Decision, Profile


def _plain(text: str) -> str:
    """Returns a text without what spellings differ in: case, spaces, a period at the end."""
    return re.sub(r"\s+", " ", text).strip(" .").casefold()


def alike(texts: list[str]) -> str:
    """Names texts that differ only in their spelling; "" if there are none."""
    spelled = defaultdict(list)
    for text in sorted(texts):
        spelled[_plain(text)].append(text)
    several = [" and ".join(map(value, each)) for each in spelled.values() if len(each) > 1]
    return f"{some(several, 3)} differ only in case, spaces or a final period" if several else ""


def refuse(target: Profile, keep: list[str]) -> None:
    """Refuses classes that are one class in several spellings.

    Args:
        target: The column.
        keep: Columns that stay as they are.

    Raises:
        UsageError: There are some.
    """
    if target.kind != "text" or target.name in keep or len(target.distinct) > MAX_CATEGORIES:
        return
    if said := alike(target.distinct.to_pylist()):
        raise UsageError(
            f"target {target.name}: {said}. Write them alike in the data if they are one class, or give "
            f"--keep {target.name} if they are several."
        )


def told(decisions: list[Decision]) -> list[Decision]:
    """Adds to each category which of its values differ only in their spelling."""
    result = []
    for one in decisions:
        said = alike(list(map(str, one.column.categories))) if one.column else ""
        result.append(replace(one, why=f"{one.why}; {said}: write them alike in the data") if said else one)
    return result
