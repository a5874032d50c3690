"""Writes `schema.py`: the contract as Python that people read and edit."""

import keyword
import re
import unicodedata
from types import ModuleType

from pydantic import BaseModel

from ...roles import EventTime, Group, Id, Missing, NotAFeature, Sensitive, Target, Written
from ..contract.columns import Column, Contract, read

WIDTH = 120
TYPES = {"bool": "bool", "int": "int", "float": "float", "text": "str", "time": "datetime"}
# Names that the module uses itself; those that Pydantic uses are asked from it.
TAKEN = {*TYPES.values(), "dict", "Annotated", "Literal", "BaseModel", "Field", "Row", "LEFT_OUT"}
TAKEN |= {role.__name__ for role in (EventTime, Group, Id, Missing, NotAFeature, Sensitive, Target, Written)}


def _width(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in line)


def _visible(char: str) -> str:
    """Escapes what is easily mistaken for another sign: dashes, quotes, spaces and the like beyond ASCII."""
    kind = unicodedata.category(char)
    plain = char.isascii() or kind[0] in "LMN" or kind in ("Sc", "So")
    return repr(char)[1:-1] if plain else char.encode("unicode_escape").decode()


def quoted(value: object) -> str:
    """Returns a value as Python, texts in the quotes that need fewer escapes, double ones if equal."""
    if not isinstance(value, str):
        return repr(value)
    mark = "'" if value.count('"') > value.count("'") else '"'
    return mark + "".join(f"\\{c}" if c == mark else c if c in "'\"" else _visible(c) for c in value) + mark


def _is_safe(name: str) -> bool:
    reserved = keyword.iskeyword(name) or name in TAKEN or name.startswith("model_") or hasattr(BaseModel, name)
    return bool(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{,59}", name)) and not reserved


def field_names(columns: list[str]) -> dict[str, str]:
    """Gives each column a name that Python and Pydantic accept: its own where that is one."""
    given = {name: name for name in columns if _is_safe(name)}
    for name in columns:
        plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
        base = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:50]
        base = base if _is_safe(base) else f"column_{base}".rstrip("_")
        safe, number = base, 1
        while name not in given and safe in given.values():
            number += 1
            safe = f"{base}_{number}"
        given.setdefault(name, safe)
    return {name: given[name] for name in columns}


def _over_lines(start: str, parts: list[str], indent: str, brackets: str = "[]") -> str:
    return f"{start}{brackets[0]}\n" + "".join(f"{indent}    {part},\n" for part in parts) + indent + brackets[1]


def _role(role: object) -> str:
    arguments = f"positive={quoted(role.positive)}" if isinstance(role, Target) and role.positive is not None else ""
    if isinstance(role, Sensitive) and not role.feature:
        arguments = "feature=False"
    return f"{type(role).__name__}({arguments})"


def _missing(column: Column) -> str:
    values = repr(column.placeholders).replace("datetime.datetime(", "datetime(")
    return f"Missing({column.missing:g}, values={values})" if column.placeholders else f"Missing({column.missing:g})"


def field_line(column: Column, name: str) -> str:
    """Writes the field of one column."""
    limits = {"alias": column.name if column.name != name else None, "ge": column.minimum, "le": column.maximum}
    given = [f"{key}={quoted(value)}" for key, value in limits.items() if value is not None]
    extras = [f"Field({', '.join(given)})"] if given else []
    extras += [_role(role) for role in column.roles]
    extras += [f"Written({', '.join(map(quoted, column.written))})"] if column.written else []
    extras += [_missing(column)] if column.missing else []
    values = [quoted(value) for value in column.categories]
    kind = f"Literal[{', '.join(values)}]" if values else TYPES[column.kind]
    optional = " | None" if column.missing else ""
    line = f"    {name}: " + (f"Annotated[{', '.join([kind + optional, *extras])}]" if extras else kind)
    if _width(line) <= WIDTH or not (extras or values[1:]):
        return line
    if given and _width(f"        {extras[0]},") > WIDTH:
        extras[0] = _over_lines("Field", given, "        ", "()")
    if not extras:
        return _over_lines(f"    {name}: Literal", values, "    ")
    if _width(f"        {kind}{optional},") > WIDTH and len(values) > 1:
        kind, optional = _over_lines("Literal", values, "        "), optional and "\n        | None"
    return _over_lines(f"    {name}: Annotated", [kind + optional, *extras], "    ")


def render(columns: list[Column], left_out: dict[str, str], source: str) -> str:
    """Writes the module.

    Args:
        columns: The contract, in the order of the data.
        left_out: Columns of the source that are not read, and why.
        source: What the data are called, for the docstring.
    """
    names = field_names([column.name for column in columns])
    fields = "\n".join(field_line(column, names[column.name]) for column in columns)
    reasons = "".join(f"    {quoted(name)}: {quoted(why)},\n" for name, why in left_out.items())
    roles = sorted(
        {type(role).__name__ for column in columns for role in column.roles}
        | {"Missing" for column in columns if column.missing}
        | {"Written" for column in columns if column.written}
    )
    times = "from datetime import datetime\n" if any(column.kind == "time" for column in columns) else ""
    limited = any(names[c.name] != c.name or c.minimum is not None or c.maximum is not None for c in columns)
    what = re.sub(r"[^A-Za-z0-9_. -]", "_", source)[-40:]
    text = f'''"""The contract: what a row of the data is. Yours to edit; `infer` wrote it from {what}.

Everything else follows from it: validation, features, model card, tests. The types and limits of a field are what the
data must satisfy, its roles say what the column is for. Names in the data that are no Python names stand in `alias`.
"""

{times}from typing import Annotated{", Literal" if any(column.categories for column in columns) else ""}

from pydantic import BaseModel{", Field" if limited else ""}

from .roles import {", ".join(roles)}

# Columns of the source that are not read, and why.
LEFT_OUT: dict[str, str] = {{{chr(10) + reasons if reasons else ""}}}


class Row(BaseModel):
    """One row of {what}."""

{fields}
'''
    # The names and words are those of the data, whatever a style guide thinks of them.
    off = ["E501"] if any(_width(line) > WIDTH and " " in line.strip() for line in text.splitlines()) else []
    off += ["N815"] if any(name[0].islower() and name != name.lower() for name in names.values()) else []
    return (f"# ruff: noqa: {', '.join(off)}\n" if off else "") + text


def load(text: str) -> Contract:
    """Runs the module without writing it, and reads the contract that it holds."""
    package = str(__package__).partition(".")[0]
    module = ModuleType(f"{package}.schema")
    module.__package__ = package
    exec(compile(text, "schema.py", "exec"), module.__dict__)  # noqa: S102
    return read(module.Row, module.LEFT_OUT)
