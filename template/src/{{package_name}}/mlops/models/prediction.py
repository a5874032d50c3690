"""Predictions in one form: values, or probabilities in the contract's order of classes."""

from typing import Any

import numpy as np

from ..contract.columns import Contract


def encode_labels(labels: np.ndarray, classes: list[Any]) -> np.ndarray:
    """Numbers labels by their place in `classes`; shape (rows,)."""
    place = {label: number for number, label in enumerate(classes)}
    uniques, inverse = np.unique(labels, return_inverse=True)
    return np.array([place[label] for label in uniques.tolist()])[inverse]


def ordered_predictions(pipeline: Any, frame: Any, classes: list[Any]) -> np.ndarray:
    """Predicts values, shape (rows,), if there are no classes, else probabilities, shape (rows, classes), in order."""
    if not classes:
        return np.asarray(pipeline.predict(frame), dtype=np.float64)
    probabilities = pipeline.predict_proba(frame)
    ordered = np.zeros((len(probabilities), len(classes)))
    ordered[:, encode_labels(pipeline.classes_, classes)] = probabilities
    return ordered


def predict(pipeline: Any, frame: Any, contract: Contract) -> np.ndarray:
    """Predicts as `ordered_predictions`, in the contract's order of classes."""
    return ordered_predictions(pipeline, frame, contract.classes)


def apply_threshold(predicted: np.ndarray, threshold: float) -> np.ndarray:
    """Turns probabilities into class numbers, shape (rows,): binary by threshold, else the most probable."""
    if predicted.shape[1] == 2:
        return (predicted[:, 1] >= threshold).astype(np.int64)
    return predicted.argmax(axis=1)
