"""Weights of training rows with which the target does not depend on the group: reweighing, a mitigation of bias.

A row weighs as many times as its group and its class would meet if they were independent, over how often they meet.
Nothing else changes: not the rows, not their labels, and nothing when the model predicts.

Source: Kamiran and Calders, Data preprocessing techniques for classification without discrimination, Knowledge and
Information Systems 33, 2012, https://doi.org/10.1007/s10115-011-0463-8. `Reweighing` of AIF360 gives the same weights
for two groups and two classes; here there may be more of both.
"""

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.ensemble import VotingClassifier
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from ..contract.columns import Problem
from ..core import params
from ..core.errors import UsageError
from . import fitting

METHOD = "reweighing"
SETTING = f"train.mitigation: {METHOD}"
HEAVY = 10.0  # a row that counts as many is one of a class that is rare in its group


def weights(groups: pd.Series, labels: np.ndarray) -> np.ndarray:
    """Returns the weight of each row, shape (rows,); they sum to the number of rows.

    Args:
        groups: The group of each row.
        labels: Its class, shape (rows,).
    """
    rows = pd.DataFrame({"group": groups.to_numpy(), "label": labels})
    of_group = rows.groupby("group")["group"].transform("size")
    of_label = rows.groupby("label")["label"].transform("size")
    of_both = rows.groupby(["group", "label"])["label"].transform("size")
    return (of_group * of_label / (len(rows) * of_both)).to_numpy(dtype=float)


def of(pipeline: Pipeline, problem: Problem, groups: pd.Series | None, labels: np.ndarray) -> np.ndarray:
    """Returns the weights to fit a pipeline with.

    Args:
        pipeline: Not fitted yet.
        problem: Of the contract.
        groups: The group of each row; None where the contract marks no column as sensitive.
        labels: The class of each row, shape (rows,).

    Raises:
        UsageError: The target is a number, no column is sensitive, or the estimator takes no weights.
    """
    if problem == "regression":
        raise UsageError(f"{SETTING} weighs classes, and the target is a number: set train.mitigation to none.")
    if groups is None:
        raise UsageError(f"{SETTING} needs a sensitive column: add Sensitive() to a column in schema.py.")
    model = pipeline["model"]
    estimator = model.estimators[0][1] if isinstance(model, VotingClassifier) else model
    if not has_fit_parameter(estimator, "sample_weight"):
        raise UsageError(
            f"{SETTING} needs an estimator whose fit takes sample_weight, and {type(estimator).__name__} does not: "
            "choose another train.family."
        )
    return weights(groups, labels)


def notes(weighed: np.ndarray) -> list[str]:
    """Returns the sentence that says so where few rows count as many, if there are any."""
    heavy = int((weighed > HEAVY).sum())
    if not heavy:
        return []
    return [
        f"{METHOD}: {heavy:,} training rows count more than {HEAVY:g} times (at most {weighed.max():.1f}), as their "
        "class is rare in their group"
    ]


def without(pipeline: Pipeline, frame: pd.DataFrame, labels: np.ndarray, family: str) -> Pipeline:
    """Fits a model's pipeline again without weights: the same steps and hyper-parameters.

    Args:
        pipeline: Fitted with weights; it is not changed.
        frame: Features of the training rows.
        labels: The target, shape (rows,).
        family: Of the model, for a refusal.
    """
    return fitting.fit(clone(pipeline), frame, labels, params.Train(family=family))[0]
