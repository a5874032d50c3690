"""Reads the command line, finds the columns that it names, and gives identifier, group and event time their roles."""

import argparse
from typing import Any, get_args

from ...roles import EventTime, Group, Id, NotAFeature, Sensitive, Target
from ..contract.columns import Column, Problem
from ..core.errors import UsageError
from ..core.untrusted_text import address, value
from .constraints import allowed_missing
from .profiling import Decision, Profile, unusable
from .reading import nearest

ROLES: dict[str, type] = {
    "target": Target,
    "id": Id,
    "time": EventTime,
    "group": Group,
    "sensitive": Sensitive,
    "not-a-feature": NotAFeature,
}


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line, or the words given."""
    description = "Writes the contract for a file of your own."
    parser = argparse.ArgumentParser(prog=f"python -m {__package__}", description=description)
    parser.add_argument("file", help="CSV or Parquet: a file, a folder of such files, s3://... or https://...")
    parser.add_argument("--target", required=True, action="append", metavar="COLUMN", help="what to predict")
    parser.add_argument("--problem", choices=get_args(Problem), help="of the target; found out by itself")
    parser.add_argument("--id", metavar="COLUMN", help="names the row: unique, never a feature")
    parser.add_argument("--time", metavar="COLUMN", help="when the row happened: the latest rows are held out")
    parser.add_argument("--group", metavar="COLUMN", help="rows that belong together, such as those of one person")
    several: dict[str, Any] = {"nargs": "+", "action": "extend", "default": [], "metavar": "COLUMN"}
    parser.add_argument("--sensitive", help="groups people: fairness is measured by it", **several)
    parser.add_argument("--not-a-feature", help="validated, but the model may not use it", **several)
    parser.add_argument(
        "--keep", help="stays although it looks like a leak, of no use, or missing: also -999, continent=NA", **several
    )
    missing = "a number or date that means a missing value, such as -999 or price=0"
    parser.add_argument("--missing", help=missing, **several | {"metavar": "VALUE"})
    parser.add_argument("--delimiter", help="of a CSV file, such as ';' or tab; found out by itself")
    parser.add_argument("--encoding", help="of a CSV file, such as cp1252; found out by itself")
    parser.add_argument("--force", action="store_true", help="overwrite edits that no commit has, after a copy")
    return parser.parse_args(words)


def find(asked: str, option: str, names: list[str], file: str) -> str:
    """Returns the column that was meant, spaces around its name aside.

    Raises:
        UsageError: There is none.
    """
    close = [name for name in names if name == asked] or [name for name in names if name.strip() == asked.strip()]
    if close and asked.strip():
        return close[0]
    known = [value(name) for name in nearest(asked, names)]
    hint = (
        f"did you mean {' or '.join(known)}?"
        if known
        else f"its columns begin with {', '.join(map(value, names[:6]))}."
    )
    raise UsageError(f"{address(file)} has no column {asked!r}, which {option} names: {hint}")


def roles(asked: dict[str, list[str]], names: list[str], file: str) -> dict[str, type]:
    """Returns the role of each column that was asked for by one.

    Raises:
        UsageError: There is no such column, or it was asked for in two roles.
    """
    found: dict[str, type] = {}
    for option, columns in asked.items():
        for column in dict.fromkeys(find(name, f"--{option}", names, file) for name in columns):
            if column in found:
                other = next(name for name, role in ROLES.items() if role is found[column])
                raise UsageError(f"column {column!r} can't be both --{other} and --{option}: choose one.")
            found[column] = ROLES[option]
    return found


def refuse_unusable(found: Profile, option: str) -> None:
    """Refuses a column that no contract can have.

    Raises:
        Refusal: Its name or its values are the reason.
    """
    if reason := unusable(found):
        raise UsageError(f"{option} {found.name}: it {reason}, so leave {option} out, or name another column.")


def as_id(found: Profile) -> Decision:
    """Accepts an identifier that names each row.

    Raises:
        UsageError: It is missing somewhere, or repeats, or has no values.
    """
    refuse_unusable(found, "--id")
    column = Column(found.name, "int" if found.kind == "int" else "text", roles=(Id(),))
    values = found.typed(column)
    if values.null_count:
        raise UsageError(
            f"--id {found.name} is missing in {values.null_count:,} rows: correct the data, or leave --id out."
        )
    repeats = len(values) - len(values.unique())
    if repeats:
        raise UsageError(
            f"--id {found.name} repeats in {repeats:,} rows, so does not name one: if rows of one value belong "
            f"together, give --group {found.name} instead."
        )
    return Decision(found, "names the row, as asked; never a feature", column)


def as_group(found: Profile) -> Decision:
    """Accepts any column whose equal values are to stay on one side of the split.

    Raises:
        Refusal: It has no values, or values that no column can have.
    """
    refuse_unusable(found, "--group")
    column = Column(
        found.name, "int" if found.kind == "int" else "text", missing=allowed_missing(found), roles=(Group(),)
    )
    return Decision(
        found, f"{len(found.distinct):,} groups, as asked; never a feature, never on both sides of the split", column
    )


def as_time(found: Profile) -> Decision:
    """Accepts dates and whole numbers, such as years.

    Raises:
        UsageError: It is neither, or missing somewhere.
    """
    if found.kind not in ("time", "int"):
        example = f", such as {found.shown()}" if len(found.distinct) else ""
        raise UsageError(
            f"--time {found.name}: its values{example} are not all dates in ISO 8601 or another common format, nor "
            "whole numbers; correct them, or leave --time out."
        )
    if found.missing:
        raise UsageError(
            f"--time {found.name} is missing in {found.values.null_count:,} rows, which a split by time can't place: "
            "correct the data, or leave --time out."
        )
    why = f"event time, {found.range}, as asked; the latest rows are held out"
    return Decision(found, why, Column(found.name, found.kind, roles=(EventTime(),)))
