"""Measures a model on held-out rows: metrics with intervals, baseline, gaps of groups, difference to the champion."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.pipeline import Pipeline

from ..contract.columns import Contract
from ..contract.frame import feature_frame, target_labels
from ..core import params
from ..core.paths import TEST, TRAIN
from ..models.prediction import apply_threshold, encode_labels, predict
from . import fairness, slices
from .bootstrap import intervals
from .metric_set import MetricSet, Scored
from .parity import four_fifths

WORST = 10  # rows that a report shows


@dataclass(frozen=True)
class HeldOut:
    """The held-out rows: features, labels as in the data, truth as class numbers or values, predictions."""

    table: pa.Table
    frame: pd.DataFrame
    labels: np.ndarray
    truth: np.ndarray
    predicted: np.ndarray

    def scored(self, threshold: float) -> Scored:
        """Returns what metrics are computed from."""
        return Scored(self.truth, self.predicted, self.table, threshold)


def load_test_set(pipeline: Pipeline, contract_: Contract) -> HeldOut:
    """Reads the held-out rows and predicts them."""
    table = pq.read_table(TEST)
    frame, labels = feature_frame(table, contract_), target_labels(table, contract_)
    truth = encode_labels(labels, contract_.classes) if contract_.classes else labels
    return HeldOut(table, frame, labels, truth, predict(pipeline, frame, contract_))


def dummy(held: HeldOut, contract_: Contract, metrics: MetricSet, threshold: float) -> dict[str, float]:
    """Scores the guess that needs no features: the shares of the classes, or the mean, in the training rows."""
    labels = target_labels(pq.read_table(TRAIN, columns=[contract_.target.name]), contract_)
    guess = DummyRegressor() if contract_.problem == "regression" else DummyClassifier(strategy="prior")
    guess.fit(np.zeros((len(labels), 1)), labels)
    predicted = predict(guess, np.zeros((len(held.truth), 1)), contract_)
    return metrics.score(replace(held, predicted=predicted).scored(threshold))


def recalls(scored: Scored, contract_: Contract) -> list[dict[str, Any]]:
    """Returns how many of the held-out rows of each class are decided to be of it; nothing for a regression."""
    if contract_.problem == "regression":
        return []
    right = scored.decided == scored.truth
    rows, hits = (np.bincount(scored.truth[kept], minlength=len(contract_.classes)) for kept in (slice(None), right))
    return [
        {"class": str(name), "rows": int(n), "recall": int(hit) / int(n)}
        for name, n, hit in zip(contract_.classes, rows, hits, strict=True)
        if n
    ]


def worst(held: HeldOut, contract_: Contract) -> list[dict[str, Any]]:
    """Returns the rows that the model is most wrong about, with what it predicts: a value, or of the true class."""
    values = contract_.problem == "regression"
    of_truth = held.predicted if values else held.predicted[np.arange(len(held.truth)), held.truth]
    error = np.abs(held.truth - held.predicted) if values else 1 - of_truth
    rows = np.argsort(-error, kind="stable")[:WORST]
    return [{"row": int(row), "predicted": float(of_truth[row])} for row in rows]


def even_threshold(scored: Scored, contract_: Contract) -> float | None:
    """Returns the threshold at which as many rows are selected as are positive; None if there are not two classes."""
    return float(np.quantile(scored.positive, 1 - scored.truth.mean())) if contract_.problem == "binary" else None


def class_numbers(contract_: Contract) -> Sequence[int]:
    """Returns the classes whose decisions groups are compared by: of two, the positive one."""
    return [1] if contract_.problem == "binary" else range(len(contract_.classes))


def fairness_gaps(held: HeldOut, contract_: Contract, evaluate: params.Evaluate) -> dict[str, Any]:
    """Measures the gaps between groups; of several classes, each against the rest, the widest counts."""
    least, boot = evaluate.fairness, evaluate.bootstrap
    found = {}
    for by, groups in slices.partitions(held.table, contract_).items():
        if contract_.problem == "regression":
            errors = np.abs(held.truth - held.predicted)
            found[by] = fairness.regression(groups, errors, least, boot.repeats, boot.seed)
            continue
        decided = apply_threshold(held.predicted, evaluate.threshold)
        numbers = class_numbers(contract_)
        each = [
            fairness.classification(groups, held.truth == n, decided == n, least, boot.repeats, boot.seed)
            for n in numbers
        ]
        found[by] = max(each, key=lambda gaps: gaps.get("equalized_odds", {"gap": 0.0})["gap"])
        if four_fifths.asked(least):
            ratio = four_fifths.measure(groups, [decided == n for n in numbers], least, boot)
            found[by] |= {four_fifths.NAME: ratio} if ratio else {}
    return found


def difference(
    held: HeldOut, against: Pipeline, contract_: Contract, metrics: MetricSet, evaluate: params.Evaluate
) -> dict[str, float]:
    """Compares the primary metric with the champion's on the same rows, by a paired bootstrap."""
    other = predict(against, held.frame[list(against.feature_names_in_)], contract_)
    boot, first = evaluate.bootstrap, metrics.primary
    ours, theirs = held.scored(evaluate.threshold), replace(held, predicted=other).scored(evaluate.threshold)

    def differing(rows: np.ndarray) -> dict[str, float]:
        mine, its = (metrics.score(side.at(rows), first)[first] for side in (ours, theirs))
        return {first: mine - its}

    low, high = intervals(differing, len(held.truth), boot.repeats, boot.max_rows, boot.seed)[first]
    return {"mean": differing(np.arange(len(held.truth)))[first], "low": low, "high": high}


def with_intervals(
    held: HeldOut, metrics: MetricSet, evaluate: params.Evaluate, scores: dict[str, float]
) -> dict[str, Any]:
    """Returns each metric with its value and 95 % interval."""
    boot, scored = evaluate.bootstrap, held.scored(evaluate.threshold)
    bounds = intervals(
        lambda rows: metrics.score(scored.at(rows)), len(held.truth), boot.repeats, boot.max_rows, boot.seed
    )
    return {name: {"value": value, "low": bounds[name][0], "high": bounds[name][1]} for name, value in scores.items()}
