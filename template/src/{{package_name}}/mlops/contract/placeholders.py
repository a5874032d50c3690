"""Values that stand for a missing one, such as -999 or 1900-01-01: `Missing(values=...)` of the contract names them."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ...roles import Missing
from ..core.errors import UsageError


def named(attribute: str, metadata: list[Any], arrow: pa.DataType) -> tuple[Any, ...]:
    """Returns the placeholders of a field of the contract.

    Raises:
        UsageError: One is no value of the field's type.
    """
    values = next((tuple(role.values) for role in metadata if isinstance(role, Missing)), ())
    try:
        pa.array(values, arrow)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        raise UsageError(
            f"schema.py: {attribute} has Missing(values={values}), which are no values of its type: correct them."
        ) from None
    return values


def without(values: pa.ChunkedArray, placeholders: tuple[Any, ...]) -> pa.ChunkedArray:
    """Makes the placeholders in a column null."""
    if not placeholders:
        return values
    absent = pc.is_in(values, value_set=pa.array(placeholders, values.type))
    return pc.if_else(absent, pa.scalar(None, values.type), values)
