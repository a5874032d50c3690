"""Scores predictions, with bootstrap intervals. The first metric of a problem is the one that gates compare."""

from collections.abc import Callable
from typing import Any

import numpy as np
import sklearn
from sklearn import metrics as sk
from sklearn.pipeline import Pipeline

from .contract import Contract, Problem
from .stage import GateRefused, Refusal

FIRST: dict[Problem, str] = {"binary": "roc_auc", "multiclass": "roc_auc", "regression": "r2"}
SCORING: dict[Problem, str] = {"binary": "roc_auc", "multiclass": "roc_auc_ovr", "regression": "r2"}
LOWER_IS_BETTER = {"log_loss", "brier", "mae", "rmse"}


def codes(labels: np.ndarray, classes: list[Any]) -> np.ndarray:
    """Numbers labels by their place in `classes`; shape (rows,)."""
    place = {label: number for number, label in enumerate(classes)}
    uniques, inverse = np.unique(labels, return_inverse=True)
    return np.array([place[label] for label in uniques.tolist()])[inverse]


def answers(pipeline: Pipeline, frame: Any, classes: list[Any]) -> np.ndarray:
    """Predicts values, shape (rows,), if there are no classes, else probabilities, shape (rows, classes), in order."""
    if not classes:
        return np.asarray(pipeline.predict(frame), dtype=np.float64)
    found = pipeline.predict_proba(frame)
    ordered = np.zeros((len(found), len(classes)))
    ordered[:, codes(pipeline.classes_, classes)] = found
    return ordered


def predict(pipeline: Pipeline, frame: Any, contract: Contract) -> np.ndarray:
    """Predicts as `answers`, in the contract's order of classes."""
    return answers(pipeline, frame, contract.classes)


def decide(predicted: np.ndarray, threshold: float) -> np.ndarray:
    """Turns probabilities into class numbers, shape (rows,): binary by threshold, else the most probable."""
    if predicted.shape[1] == 2:
        return (predicted[:, 1] >= threshold).astype(np.int64)
    return predicted.argmax(axis=1)


def _binary(truth: np.ndarray, predicted: np.ndarray, threshold: float) -> dict[str, float]:
    chance, decided = predicted[:, 1], decide(predicted, threshold)
    return {
        "roc_auc": sk.roc_auc_score(truth, chance),
        "average_precision": sk.average_precision_score(truth, chance),
        "accuracy": float((truth == decided).mean()),
        "f1": sk.f1_score(truth, decided, zero_division=0.0),
        "log_loss": sk.log_loss(truth, predicted, labels=[0, 1]),
        "brier": float(((chance - truth) ** 2).mean()),
    }


def _multiclass(truth: np.ndarray, predicted: np.ndarray, threshold: float) -> dict[str, float]:
    numbers, decided = np.arange(predicted.shape[1]), decide(predicted, threshold)
    present = np.isin(numbers, truth)
    one_against_rest = [sk.roc_auc_score(truth == number, predicted[:, number]) for number in numbers[present]]
    return {
        "roc_auc": float(np.mean(one_against_rest)),
        "accuracy": float((truth == decided).mean()),
        "f1": sk.f1_score(truth, decided, average="macro", labels=numbers[present], zero_division=0.0),
        "log_loss": sk.log_loss(truth, predicted, labels=numbers),
    }


def _regression(truth: np.ndarray, predicted: np.ndarray, _: float) -> dict[str, float]:
    return {
        "r2": sk.r2_score(truth, predicted),
        "mae": sk.mean_absolute_error(truth, predicted),
        "rmse": sk.root_mean_squared_error(truth, predicted),
    }


SCORES = {"binary": _binary, "multiclass": _multiclass, "regression": _regression}


def score(problem: Problem, truth: np.ndarray, predicted: np.ndarray, threshold: float = 0.5) -> dict[str, float]:
    """Computes all metrics of a problem.

    Args:
        problem: Which.
        truth: Class numbers or values, shape (rows,).
        predicted: As `predict` returns them.
        threshold: Of the positive class.

    Raises:
        GateRefused: The rows hold one class, or for a regression one row, so that nothing can be measured.
    """
    if len(truth) < 2 or (problem != "regression" and len(np.unique(truth)) < 2):
        raise GateRefused(f"the {len(truth):,} held-out rows hold one class: more rows, or another split, are needed.")
    return {name: float(value) for name, value in SCORES[problem](truth, predicted, threshold).items()}


def intervals(
    statistic: Callable[[np.ndarray], dict[str, float]], rows: int, repeats: int, max_rows: int, seed: int
) -> dict[str, tuple[float, float]]:
    """Bootstraps 95 % percentile intervals.

    Args:
        statistic: Computes named numbers on the rows with the given positions.
        rows: How many rows there are.
        repeats: How many resamples.
        max_rows: Resamples hold at most so many rows; where there are more, intervals are wider than need be.
        seed: For the resamples.
    """
    rng = np.random.default_rng(seed)
    drawn: dict[str, list[float]] = {}
    with sklearn.config_context(skip_parameter_validation=True, assume_finite=True):
        for _ in range(repeats):
            try:
                values = statistic(rng.integers(0, rows, min(rows, max_rows)))
            except Refusal:  # a resample of few rows may lack a class
                continue
            for name, value in values.items():
                drawn.setdefault(name, []).append(value)
    low_high = {name: np.percentile(values, [2.5, 97.5]) for name, values in drawn.items()}
    return {name: (float(low), float(high)) for name, (low, high) in low_high.items()}
