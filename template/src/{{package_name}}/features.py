"""Your features: columns derived from those of the contract, and how all of them become numbers. Yours to edit.

Both are steps of the saved pipeline: training, evaluation, and serving compute them alike.
"""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from .mlops.contract.columns import Contract

# Numbers that `derive` adds.
DERIVED: list[str] = []


def derive(frame: pd.DataFrame) -> pd.DataFrame:
    """Adds columns, each computed from other columns of the same row, as in `frame.assign(total=...)`.

    Args:
        frame: The features of the contract: categories as they are, all else as float64, missing values as NaN.
    """
    return frame


def preprocessor(contract: Contract, family: str) -> ColumnTransformer:
    """Returns the step that turns the frame into numbers; a category it does not know counts as missing.

    Args:
        contract: The columns.
        family: `train.family`. A linear model gets one-hot codes and standardized numbers with imputed medians, any
            other ordinal codes, and missing values as NaN.
    """
    numbers = [column.name for column in contract.features if column.kind != "category"] + DERIVED
    texts = [column for column in contract.features if column.kind == "category"]
    categories: Any = [list(column.categories) for column in texts]
    if family == "linear":
        scale = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
        encode: Any = OneHotEncoder(categories=categories, handle_unknown="ignore", sparse_output=False)
    else:
        scale = "passthrough"
        options = {"handle_unknown": "use_encoded_value", "unknown_value": np.nan, "encoded_missing_value": np.nan}
        encode = OrdinalEncoder(categories=categories, **options)
    steps = [("numbers", scale, numbers), ("categories", encode, [column.name for column in texts])]
    return ColumnTransformer([step for step in steps if step[2]], verbose_feature_names_out=False)
