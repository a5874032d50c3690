"""Counts values that the contract does not allow: they are scored all the same, and said."""

import logging
from collections import Counter

import pyarrow as pa
import pyarrow.compute as pc

from ..serving.model.bundle import Column

log = logging.getLogger(__name__)


def count(table: pa.Table, features: list[Column]) -> Counter[str]:
    """Counts, by feature, the values that the contract does not allow: limits, unknown categories, missing values."""
    found: Counter[str] = Counter()
    for column in features:
        values = table[column.name]
        checks = [] if column.nullable else [pc.is_null(values)]
        if column.kind == "category":
            known = pc.is_in(values, value_set=pa.array(column.categories, values.type))
            checks.append(pc.and_(pc.is_valid(values), pc.invert(known)))
        elif column.kind in ("int", "float"):
            checks += [pc.less(values, column.minimum)] if column.minimum is not None else []
            checks += [pc.greater(values, column.maximum)] if column.maximum is not None else []
        found[column.name] += sum(pc.sum(check, min_count=0).as_py() for check in checks)
    return +found


def tell(strange: Counter[str]) -> None:
    """Warns of values that the contract does not allow."""
    if strange:
        told = ", ".join(f"{name} {number:,}" for name, number in strange.items())
        log.warning("values that the contract does not allow were scored all the same: %s", told)
