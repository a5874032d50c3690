"""The frame of features that every model of the project takes, and its labels."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from .columns import Column, Contract

DAY_US = 24 * 3600 * 10**6


def _as_float(values: pa.ChunkedArray, column: Column) -> pa.ChunkedArray:
    """Numbers and booleans as floats, times as days since 1970, missing values as NaN."""
    if column.kind == "time":
        return pc.divide(values.cast(pa.int64()).cast(pa.float64()), float(DAY_US))
    return values.cast(pa.float64(), safe=False)  # digits beyond 2^53 are lost, as in any model


def feature_frame(table: pa.Table, contract: Contract) -> pd.DataFrame:
    """Builds the frame of features, the only input that a model of this project takes.

    Args:
        table: Rows in the types of the contract; further columns are ignored.
        contract: The columns.

    Returns:
        One column a feature under its name in the data: categories as they are, all else as float64.
    """
    columns = {}
    for column in contract.features:
        values = table[column.name]
        columns[column.name] = values if column.kind == "category" else _as_float(values, column)
    return pa.table(columns).to_pandas()


def target_labels(table: pa.Table, contract: Contract) -> np.ndarray:
    """Returns the target, shape (rows,): labels of a classification as in the data, numbers of a regression."""
    target: np.ndarray = table[contract.target.name].to_numpy()
    if contract.problem == "regression":
        return target.astype(np.float64)
    return target.astype(type(contract.classes[0])) if contract.target.kind == "category" else target.astype(bool)
