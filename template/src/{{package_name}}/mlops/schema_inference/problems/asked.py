"""A target, and a problem, that were asked for."""

import re
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from ...contract.columns import Problem
from ...core.errors import UsageError
from ...core.untrusted_text import value
from ..profiling import MAX_CATEGORIES, Profile, odd_one_out
from ..text_files.number_marks import AMONG_NUMBERS, look


def one(targets: list[str], names: list[str]) -> str:
    """Returns the column to predict.

    Args:
        targets: As on the command line.
        names: The columns of the file.

    Raises:
        UsageError: Several were asked for.
    """
    several = targets if len(set(targets)) > 1 else re.split(r"[\s,;]+", targets[0].strip())
    if len(several) > 1 and (several == targets or (targets[0] not in names and set(several) <= set(names))):
        raise UsageError(
            f"--target names {', '.join(map(value, several))}, but a model predicts one column: name one, and the "
            "others as --not-a-feature; each of them needs a project of its own."
        )
    return targets[0]


def amounts(found: Profile) -> Profile:
    """Returns a target as numbers, for a regression was asked for.

    Raises:
        UsageError: It has other values.
    """
    numbers = replace(found, kind="int") if found.kind == "bool" else found
    try:
        if numbers.kind in ("int", "float") and numbers.present:
            return numbers
    except pa.ArrowInvalid:
        pass
    other = odd_one_out(found) if found.kind == "text" else f"such as {found.shown()}"
    raise UsageError(
        f"--problem regression: target {found.name} has other values than numbers, {other}: correct the data, or leave "
        "--problem out."
    )


def refuse_odd(found: Profile) -> None:
    """Refuses amounts with a few odd texts among them, which would be classes.

    Raises:
        UsageError: There are some; in a target none is tolerated.
    """
    writing = look(pa.chunked_array([found.distinct]))
    if writing.odd and len(writing.numbers) >= AMONG_NUMBERS:
        rows = pc.sum(pc.is_in(found.values, value_set=pa.array(writing.odd))).as_py()
        raise UsageError(
            f"target {found.name} has numbers, but in {rows:,} of the rows {' and '.join(map(value, writing.odd))}: "
            "correct these rows, or leave them out of the file; --problem multiclass if all are classes."
        )


def refuse_no_classes(found: Profile, problem: Problem) -> None:
    """Refuses what can't be the classes that were asked for.

    Raises:
        UsageError: They are too many, or not two, or numbers with decimals.
    """
    number = len(found.distinct)
    told = f"--problem {problem}: target {found.name} has {number:,} different values"
    if found.kind == "float" and not found.is_whole:
        raise UsageError(f"{told}, with decimals, so they are no classes: give --problem regression.")
    if (number == 2) != (problem == "binary"):
        raise UsageError(f"{told}: give --problem {'binary' if number == 2 else 'multiclass'}, or leave --problem out.")
    if number > MAX_CATEGORIES:
        raise UsageError(f"{told}, a contract has at most {MAX_CATEGORIES} classes: give --problem regression.")
