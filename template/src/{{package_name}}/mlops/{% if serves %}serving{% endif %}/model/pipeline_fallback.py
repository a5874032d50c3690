"""Predicts with the pipeline itself: the codes become the frame of features again."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from sklearn.pipeline import Pipeline

from .... import project
from ...core.errors import Refusal
from ...core.untrusted_text import reason
from ...models import persistence
from ...models.prediction import ordered_predictions
from .predictor import Column, Predict


def frame(codes: np.ndarray, columns: list[Column]) -> pd.DataFrame:
    """Returns the frame that `frame.feature_frame` would build from the rows that the codes stand for."""
    arrays: dict[str, Any] = {}
    for column, values in zip(columns, codes.T, strict=True):
        missing = np.isnan(values)
        if column.kind == "category":
            places = pa.array(np.where(missing, 0, values).astype(np.int32), mask=missing)
            arrays[column.name] = pa.array(column.categories).take(places)
        else:
            arrays[column.name] = pa.array(values)
    return pa.table(arrays).to_pandas()


def load(path: Path, expected: str, columns: list[Column], classes: list[Any]) -> Predict:
    """Loads a pipeline and returns the function that predicts with it.

    Args:
        path: The pipeline as a skops file.
        expected: Its content hash.
        columns: The features, in the order of the codes.
        classes: The labels; empty for a regression.

    Raises:
        Refusal: The file is not the one that was recorded, or holds types that are not trusted.
    """
    pipeline = persistence.load(path, expected, project.trusted())
    predict = predictor(pipeline, columns, classes)

    def refusing(codes: np.ndarray) -> np.ndarray:
        try:
            return predict(codes)
        except Exception as error:  # the steps are anybody's code; `export` has tried what the contract allows
            raise Refusal(
                f"the pipeline can't predict the rows: {reason(error)}. Remove rows that the contract does not allow."
            ) from error

    return refusing


def predictor(pipeline: Pipeline, columns: list[Column], classes: list[Any]) -> Predict:
    """Returns the function that predicts with a pipeline, as `predictor.evaluator` returns one.

    Args:
        pipeline: A fitted model.
        columns: The features, in the order of the codes.
        classes: The labels; empty for a regression.
    """
    names = list(pipeline.feature_names_in_)
    return lambda codes: ordered_predictions(pipeline, frame(codes, columns)[names], classes)
