"""Evaluates a compiled model with numpy alone: what `compile` wrote as arrays, to the answers of scikit-learn."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .tree_evaluator import Arrays, Predict, adder

CHUNK_ROWS = 1024  # what they need fits into the processor's cache


@dataclass(frozen=True)
class Column:
    """A column of the contract as the model sees it: `categories` are those it knows, in the order of their codes.

    Values that are `placeholders`, times as texts, mean a missing one. Numbers in text are `written` with these marks.
    """

    name: str
    kind: str
    categories: tuple[Any, ...]
    minimum: float | None
    maximum: float | None
    nullable: bool
    roles: tuple[str, ...]
    feature: bool
    placeholders: tuple[Any, ...] = ()
    written: tuple[str, ...] = ()


def _linear(arrays: Arrays) -> Predict:
    numbers, texts, places = arrays["numbers"], arrays["texts"], arrays["places"]
    median, mean, scale, weights = arrays["median"], arrays["mean"], arrays["scale"], arrays["coef"].T
    width, intercept = len(weights), arrays["intercept"]

    def raw(codes: np.ndarray) -> np.ndarray:
        encoded = np.zeros((len(codes), width))
        values = codes[:, numbers]
        encoded[:, arrays["number_places"]] = (np.where(np.isnan(values), median, values) - mean) / scale
        categories = codes[:, texts]
        row, column = np.nonzero(~np.isnan(categories))
        encoded[row, places[column] + categories[row, column].astype(np.intp)] = 1.0
        return encoded @ weights + intercept

    return raw


def _linked(link: str, raw: np.ndarray) -> np.ndarray:
    """Turns sums into values, shape (rows,), or probabilities, shape (rows, classes)."""
    if link == "logit":
        with np.errstate(over="ignore"):
            chance = 1.0 / (1.0 + np.exp(-raw[:, 0]))
        both = np.empty((len(raw), 2))  # a third of what `stack` takes
        both[:, 0], both[:, 1] = 1.0 - chance, chance
        return both
    if link == "softmax":
        grown = np.exp(raw - raw.max(axis=1, keepdims=True))
        return grown / grown.sum(axis=1, keepdims=True)
    if link == "probability":
        return raw
    return np.exp(raw[:, 0]) if link == "log" else raw[:, 0]


def evaluator(arrays: Arrays) -> Predict:
    """Returns the function that predicts.

    Args:
        arrays: As `compile.arrays` makes them.

    Returns:
        A function of codes, float64 of shape (rows, features): numbers as they are, booleans as 0 and 1, times as days
        since 1970, categories as their place, what is missing or unknown as NaN. It returns values, shape (rows,), or
        probabilities, shape (rows, classes).
    """
    raw = adder(arrays) if str(arrays["kind"]) == "trees" else _linear(arrays)
    link, order, classes = str(arrays["link"]), arrays["order"], int(arrays["classes"])
    in_order = classes == len(order) and bool((order == np.arange(classes)).all())

    def answer(codes: np.ndarray) -> np.ndarray:
        found = _linked(link, raw(codes))
        if in_order or not classes:
            return found
        ordered = np.zeros((len(found), classes))
        ordered[:, order] = found
        return ordered

    def predict(codes: np.ndarray) -> np.ndarray:
        if len(codes) <= CHUNK_ROWS:
            return answer(codes)
        return np.concatenate([answer(codes[at : at + CHUNK_ROWS]) for at in range(0, len(codes), CHUNK_ROWS)])

    return predict
