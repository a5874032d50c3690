"""Reads the contract: `schema.Row`, once, as plain columns with kinds, limits and roles."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

import annotated_types
import pyarrow as pa
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ...roles import EventTime, Group, Id, Missing, NotAFeature, Sensitive, Target
from ..core.errors import UsageError
from . import placeholders, reserved, written

Kind = Literal["bool", "int", "float", "category", "text", "time"]
Problem = Literal["binary", "multiclass", "regression"]
KINDS: dict[type, Kind] = {bool: "bool", int: "int", float: "float", str: "text", datetime: "time", date: "time"}
ARROW: dict[Kind, pa.DataType] = {
    "bool": pa.bool_(),
    "int": pa.int64(),
    "float": pa.float64(),
    "category": pa.string(),
    "text": pa.string(),
    "time": pa.timestamp("us"),
}
ROLES = (Id, Target, Sensitive, EventTime, Group, NotAFeature)


@dataclass(frozen=True)
class Column:
    """One column: `name` as it stands in the data, limits inclusive, `missing` the share of rows allowed to lack it."""

    name: str
    kind: Kind
    categories: tuple[Any, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    missing: float = 0.0
    placeholders: tuple[Any, ...] = ()  # values that mean a missing one
    written: tuple[str, ...] = ()  # marks of its numbers in text, such as $
    roles: tuple[Any, ...] = field(default=(), repr=False)

    def role(self, kind: type) -> Any:
        """Returns the column's role of that type, or None."""
        return next((role for role in self.roles if isinstance(role, kind)), None)

    @property
    def arrow(self) -> pa.DataType:
        """The type of the column in Parquet."""
        integers = self.kind == "category" and all(isinstance(value, int) for value in self.categories)
        return pa.int64() if integers else ARROW[self.kind]

    @property
    def is_feature(self) -> bool:
        """Whether the model may use the column. Free text never is, nor is a column whose role forbids it."""
        sensitive = self.role(Sensitive)
        barred = any(self.role(kind) for kind in (Id, Target, EventTime, Group, NotAFeature))
        return not barred and self.kind != "text" and (sensitive is None or sensitive.feature)


@dataclass(frozen=True)
class Contract:
    """All columns in the order of `schema.Row`, and the columns of the source that are left out."""

    columns: tuple[Column, ...]
    left_out: tuple[str, ...] = ()

    def columns_with_role(self, role: type) -> list[Column]:
        """Returns the columns that have the role."""
        return [column for column in self.columns if column.role(role)]

    @property
    def target(self) -> Column:
        """The one column that is predicted."""
        return self.columns_with_role(Target)[0]

    @property
    def features(self) -> list[Column]:
        """The columns that the model uses."""
        return [column for column in self.columns if column.is_feature]

    @property
    def problem(self) -> Problem:
        """Binary, multiclass or regression, by the type of the target."""
        if self.target.kind == "bool" or len(self.target.categories) == 2:
            return "binary"
        return "multiclass" if self.target.kind == "category" else "regression"

    @property
    def classes(self) -> list[Any]:
        """The labels of a classification, the positive one of a binary target last; empty for a regression."""
        if self.target.kind == "bool":
            return [False, True]
        positive = self.target.role(Target).positive
        return sorted(self.target.categories, key=lambda label: (label == positive, label))


def _unwrap(annotation: Any) -> tuple[Any, bool]:
    """Strips `Annotated` and `| None`; returns the bare type and whether None is allowed."""
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) not in (Union, UnionType):
        return annotation, False
    inner = [part for part in get_args(annotation) if part is not NoneType]
    if len(inner) != 1:
        raise UsageError(f"schema.py: {annotation} is no type of a column; use one type, or one type and None.")
    return inner[0], True


def _column(attribute: str, info: FieldInfo) -> Column:
    bare, nullable = _unwrap(info.annotation)
    literal = get_origin(bare) is Literal
    if not literal and bare not in KINDS:
        raise UsageError(
            f"schema.py: {attribute} has type {bare}; use bool, int, float, str, datetime or Literal[...]."
        )
    missing = next((role.share for role in info.metadata if isinstance(role, Missing)), 1.0 if nullable else 0.0)
    if missing and not nullable:
        raise UsageError(f"schema.py: {attribute} may be missing, so its type must allow it: write `| None`.")
    column = Column(
        name=info.alias or attribute,
        kind="category" if literal else KINDS[bare],
        categories=get_args(bare) if literal else (),
        minimum=next((cast("float", m.ge) for m in info.metadata if isinstance(m, annotated_types.Ge)), None),
        maximum=next((cast("float", m.le) for m in info.metadata if isinstance(m, annotated_types.Le)), None),
        missing=missing,
        roles=tuple(m for m in info.metadata if isinstance(m, ROLES)),
    )
    given = attribute, info.metadata, column.arrow
    return replace(column, placeholders=placeholders.named(*given), written=written.named(*given))


def read(row: type[BaseModel], left_out: dict[str, str]) -> Contract:
    """Reads a contract from a Pydantic model.

    Raises:
        UsageError: A type is unknown, a name taken, or there is not one target, or more than one event time or group.
    """
    contract = Contract(tuple(_column(*item) for item in row.model_fields.items()), tuple(left_out))
    reserved.check({c.name: bool(c.is_feature or c.role(Id) or c.role(Sensitive)) for c in contract.columns})
    for role, allowed in ((Target, (1,)), (EventTime, (0, 1)), (Group, (0, 1))):
        names = [column.name for column in contract.columns_with_role(role)]
        if len(names) not in allowed:
            raise UsageError(f"schema.py: {len(names)} columns are {role.__name__} ({', '.join(names)}); mark one.")
    if contract.target.kind in ("text", "time"):
        target = contract.target
        raise UsageError(f"schema.py: target {target.name} is {target.kind}; use bool, int, float or Literal.")
    return contract
