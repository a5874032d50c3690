"""The entity that a row names, and the columns and times that the online store has of it."""

import time

from ..core.errors import UsageError
from ..serving.api.service import Service
from ..serving.model.bundle import Column


def named(service: Service) -> Column:
    """Returns the column that names the entity.

    Raises:
        UsageError: The model has none, or several.
    """
    ids = [column for column in service.model.bundle.columns if "id" in column.roles]
    if len(ids) != 1 or ids[0].kind not in ("text", "int"):
        raise UsageError("schema.py needs one column that is Id, text or integer, for the feature store: mark it.")
    return ids[0]


def held(service: Service) -> list[Column]:
    """Returns the columns that the store holds, as `definitions.held` does."""
    return [column for column in service.model.bundle.columns if column.feature or "sensitive" in column.roles]


def moment(microseconds: int) -> str:
    """Returns a time since 1970 as the service reads it."""
    seconds, rest = divmod(microseconds, 10**6)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{rest:06}"
