"""What Feast is told, derived from the contract: entity, source, feature view, and a feature service of each model."""

from datetime import timedelta
from typing import Any

from feast import Entity, FeatureService, FeatureView, Field, FileSource, ValueType
from feast.types import Bool, FeastType, Float64, Int64, String

from ... import project
from ...roles import EventTime, Id, Sensitive
from ..contract.columns import Column, Contract
from ..core.errors import UsageError
from . import settings

EVENT, CREATED = "event_timestamp", "created_timestamp"
# Feast keeps times of features in whole seconds: here they are microseconds since 1970, so that none is rounded.
TYPES: dict[str, FeastType] = {"bool": Bool, "int": Int64, "float": Float64, "category": String, "time": Int64}


def keys(contract_: Contract) -> tuple[Column, Column] | None:
    """Returns the columns of entity and event time; None where the contract does not have one of each."""
    ids, times = contract_.columns_with_role(Id), contract_.columns_with_role(EventTime)
    return (ids[0], times[0]) if len(ids) == len(times) == 1 and ids[0].kind in ("text", "int") else None


def demanded(contract_: Contract) -> tuple[Column, Column]:
    """Returns the columns of entity and event time.

    Raises:
        UsageError: The contract does not have one of each.
    """
    found = keys(contract_)
    if found is None:
        raise UsageError(
            "schema.py needs one column that is Id, text or integer, and one that is EventTime for the feature store: "
            "mark them."
        )
    return found


def held(contract_: Contract) -> list[Column]:
    """Returns the columns that the store holds: the features, and what is only watched, which are sensitive columns."""
    return [column for column in contract_.columns if column.is_feature or column.role(Sensitive)]


def entity() -> Entity:
    """Returns the entity: what the contract marks as Id."""
    column, _ = demanded(project.contract())
    kind = ValueType.INT64 if column.kind == "int" else ValueType.STRING
    return Entity(name=column.name, join_keys=[column.name], value_type=kind)


def parquet() -> FileSource:
    """Returns the offline source on files, which `history` writes."""
    path = str(settings.HISTORY.resolve())  # Feast takes relative ones now from this folder, now from its own
    return FileSource(name="history", path=path, timestamp_field=EVENT, created_timestamp_column=CREATED)


def view(of: Entity, source: Any) -> FeatureView:
    """Returns the feature view: a field for each column that the store holds.

    Args:
        of: The entity.
        source: Where the history is, columns named as in the contract, `event_timestamp` and `created_timestamp`.
    """
    contract_ = project.contract()
    key, _ = demanded(contract_)
    schema = [Field(name=key.name, dtype=TYPES["int" if key.kind == "int" else "category"])]
    for column in held(contract_):
        kind = "int" if column.kind == "category" and column.arrow == "int64" else column.kind
        schema.append(Field(name=column.name, dtype=TYPES[kind]))
    ttl = timedelta(days=settings.load().ttl_days)
    return FeatureView(name=settings.VIEW, entities=[of], ttl=ttl, schema=schema, source=source, online=True)


def service(of: FeatureView, model: str, version: str) -> FeatureService:
    """Returns the feature service of a model version."""
    names = [column.name for column in project.contract().features]
    return FeatureService(name=f"{model}_v{version}", features=[of[names]])
