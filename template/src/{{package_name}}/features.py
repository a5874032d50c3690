"""From rows to what a model is fed: the frame that every caller builds, and the first half of every pipeline."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from .contract import Column, Contract

DAY_US = 24 * 3600 * 10**6


def _as_float(values: pa.ChunkedArray, column: Column) -> pa.ChunkedArray:
    """Numbers and booleans as floats, times as days since 1970, missing values as NaN."""
    if column.kind == "time":
        return pc.divide(values.cast(pa.int64()).cast(pa.float64()), float(DAY_US))
    return values.cast(pa.float64())


def frame(table: pa.Table, contract: Contract) -> pd.DataFrame:
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


def labels(table: pa.Table, contract: Contract) -> np.ndarray:
    """Returns the target, shape (rows,): labels of a classification as in the data, numbers of a regression."""
    target: np.ndarray = table[contract.target.name].to_numpy()
    if contract.problem == "regression":
        return target.astype(np.float64)
    return target.astype(type(contract.classes[0])) if contract.target.kind == "category" else target.astype(bool)


def encoder(contract: Contract, *, linear: bool) -> ColumnTransformer:
    """Returns the step that turns the frame into numbers; a category it does not know counts as missing.

    Args:
        contract: The columns.
        linear: One-hot and standardized with imputed medians, for linear models; else ordinal, missing as NaN.
    """
    numbers = [column.name for column in contract.features if column.kind != "category"]
    texts = [column for column in contract.features if column.kind == "category"]
    categories: Any = [list(column.categories) for column in texts]
    if linear:
        scale = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
        encode: Any = OneHotEncoder(categories=categories, handle_unknown="ignore", sparse_output=False)
    else:
        scale = "passthrough"
        options = {"handle_unknown": "use_encoded_value", "unknown_value": np.nan, "encoded_missing_value": np.nan}
        encode = OrdinalEncoder(categories=categories, **options)
    steps = [("numbers", scale, numbers), ("categories", encode, [column.name for column in texts])]
    return ColumnTransformer([step for step in steps if step[2]], verbose_feature_names_out=False)
