"""Measures a model on held-out rows: metrics with intervals, baseline, gaps between groups, difference to a rival."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.pipeline import Pipeline

from . import fairness, features, metrics, params
from .contract import Contract
from .paths import TEST, TRAIN


@dataclass(frozen=True)
class HeldOut:
    """The held-out rows: features, labels as in the data, truth as class numbers or values, predictions."""

    table: pa.Table
    frame: pd.DataFrame
    labels: np.ndarray
    truth: np.ndarray
    predicted: np.ndarray


def hold(pipeline: Pipeline, contract_: Contract) -> HeldOut:
    """Reads the held-out rows and predicts them."""
    table = pq.read_table(TEST)
    frame, labels = features.frame(table, contract_), features.labels(table, contract_)
    truth = metrics.codes(labels, contract_.classes) if contract_.classes else labels
    return HeldOut(table, frame, labels, truth, metrics.predict(pipeline, frame, contract_))


def dummy(held: HeldOut, contract_: Contract) -> dict[str, float]:
    """Scores the guess that needs no features: the shares of the classes, or the mean, in the training rows."""
    labels = features.labels(pq.read_table(TRAIN, columns=[contract_.target.name]), contract_)
    guess = DummyRegressor() if contract_.problem == "regression" else DummyClassifier(strategy="prior")
    guess.fit(np.zeros((len(labels), 1)), labels)
    return metrics.score(
        contract_.problem, held.truth, metrics.predict(guess, np.zeros((len(held.truth), 1)), contract_)
    )


def unfairness(held: HeldOut, contract_: Contract, evaluate: params.Evaluate) -> dict[str, Any]:
    """Measures the gaps between groups; of several classes, each against the rest, the widest counts."""
    small, boot = evaluate.fairness.min_group, evaluate.bootstrap
    found = {}
    for by, groups in fairness.partitions(held.table, contract_).items():
        if contract_.problem == "regression":
            errors = np.abs(held.truth - held.predicted)
            found[by] = fairness.regression(groups, errors, small, boot.repeats, boot.seed)
            continue
        decided = metrics.decide(held.predicted, evaluate.threshold)
        numbers = [1] if contract_.problem == "binary" else range(len(contract_.classes))
        each = [
            fairness.classification(groups, held.truth == n, decided == n, small, boot.repeats, boot.seed)
            for n in numbers
        ]
        found[by] = max(each, key=lambda gaps: gaps.get("equalized_odds", {"gap": 0.0})["gap"])
    return found


def difference(held: HeldOut, rival: Pipeline, contract_: Contract, boot: params.Bootstrap) -> dict[str, float]:
    """Compares the first metric with the champion's on the same rows, by a paired bootstrap."""
    other = metrics.predict(rival, held.frame[list(rival.feature_names_in_)], contract_)
    first = metrics.FIRST[contract_.problem]

    def gain(rows: Any) -> dict[str, float]:
        ours, theirs = (
            metrics.score(contract_.problem, held.truth[rows], p[rows])[first] for p in (held.predicted, other)
        )
        return {first: ours - theirs}

    low, high = metrics.intervals(gain, len(held.truth), boot.repeats, boot.max_rows, boot.seed)[first]
    return {"mean": gain(slice(None))[first], "low": low, "high": high}


def with_intervals(
    held: HeldOut, contract_: Contract, evaluate: params.Evaluate, scores: dict[str, float]
) -> dict[str, Any]:
    """Returns each metric with its value and 95 % interval."""
    boot = evaluate.bootstrap
    bounds = metrics.intervals(
        lambda rows: metrics.score(contract_.problem, held.truth[rows], held.predicted[rows], evaluate.threshold),
        len(held.truth),
        boot.repeats,
        boot.max_rows,
        boot.seed,
    )
    return {name: {"value": value, "low": bounds[name][0], "high": bounds[name][1]} for name, value in scores.items()}
