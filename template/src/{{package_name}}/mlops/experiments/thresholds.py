"""Chooses the threshold from which on a row is decided positive: by a metric, by costs, or by how many one can act on.

It is chosen on the training rows, each predicted by a model that did not learn from it, so that the held-out rows still
judge the result. Source: Elkan, The foundations of cost-sensitive learning, IJCAI 2001, section 2.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from sklearn.base import clone
from sklearn.model_selection import check_cv
from sklearn.pipeline import Pipeline

from ..contract.columns import Contract
from ..contract.frame import feature_frame, target_labels
from ..core import params
from ..core.errors import UsageError
from ..core.untrusted_text import value
from ..data import folds
from ..evaluation import slices
from ..evaluation.metric_set import MetricSet, Scored
from ..models import fitting, reweighing
from ..models.prediction import encode_labels, predict

FOLDS, STEPS = 5, 999
COSTS = ("false_positive", "false_negative")
CAPACITY = re.compile(r"(\d+(?:\.\d+)?) ?%")


@dataclass(frozen=True)
class Rule:
    """By what a threshold is chosen.

    Attributes:
        name: Of what is measured, for people.
        measure: Of predicted rows; smaller is better where `lower` is true.
        lower: Whether it is a cost.
        share: The share of the rows that one can act on; nothing is measured then.
    """

    name: str
    measure: Callable[[Scored], float] | None
    lower: bool = False
    share: float = 0.0


def _costs(text: str) -> Rule:
    try:
        prices = {name: float(amount) for name, amount in (part.split("=") for part in text.split())}
    except ValueError:
        prices = {}
    if set(prices) != set(COSTS) or min(prices.values()) < 0 or not 0 < sum(prices.values()) < float("inf"):
        raise UsageError(f'{value(text)} are no costs: write BY="false_positive=1 false_negative=5".')

    def cost(scored: Scored) -> float:
        wrong = scored.decided != scored.truth
        paid = np.where(scored.decided == 1, prices["false_positive"], prices["false_negative"])
        return float((wrong * paid).mean())

    return Rule("cost a row", cost, lower=True)


def rule(text: str, metrics: MetricSet) -> Rule:
    """Reads what a threshold is chosen by: `f1`, `false_positive=1 false_negative=5`, or `10%`.

    Raises:
        UsageError: It is none of them.
    """
    if found := CAPACITY.fullmatch(text.strip()):
        share = float(found[1]) / 100
        if not 0 < share < 1:
            raise UsageError(f"{value(text)} of the rows can't be selected: give a share between 0% and 100%.")
        return Rule("", None, share=share)
    if "=" in text:
        return _costs(text)
    if text not in metrics.functions:
        known = ", ".join(metrics.functions)
        raise UsageError(
            f'{value(text)} is no metric of metrics.py ({known}), no share (BY="10%") and no costs '
            '(BY="false_positive=1 false_negative=5").'
        )
    return Rule(text, lambda scored: metrics.score(scored, text)[text], lower=text in metrics.lower_is_better)


def out_of_fold(table: pa.Table, contract: Contract, pipeline: Pipeline, chosen: params.Params) -> Scored:
    """Predicts training rows by models that did not learn from them: folds are as those of a search.

    Args:
        table: The training rows; where folds go forward in time, the first of them are never predicted.
        contract: The columns.
        pipeline: The model whose copies are fitted.
        chosen: Of `params.yaml`.
    """
    frame, labels = feature_frame(table, contract), target_labels(table, contract)
    cut = folds.of(table, contract, chosen.split, FOLDS, chosen.train.seed)
    groups = slices.finest(table, contract) if chosen.train.mitigation == reweighing.METHOD else None
    train = chosen.train.model_copy(update={"search": None})
    predicted, known = np.zeros((len(frame), len(contract.classes))), np.zeros(len(frame), dtype=bool)
    for earlier, inside in check_cv(cut, labels, classifier=True).split(frame, labels):
        weights = None
        if groups is not None:
            weights = reweighing.of(pipeline, contract.problem, groups.iloc[earlier], labels[earlier])
        fitted, _ = fitting.fit(clone(pipeline), frame.iloc[earlier], labels[earlier], train, weights=weights)
        predicted[inside], known[inside] = predict(fitted, frame.iloc[inside], contract), True
    rows = np.flatnonzero(known)
    truth = encode_labels(labels[rows], contract.classes)
    return Scored(truth, predicted[rows], table.take(pa.array(rows)), chosen.evaluate.threshold)


def choose(scored: Scored, by: Rule) -> float:
    """Returns the threshold that a rule asks for, between 0.001 and 0.999.

    Raises:
        UsageError: What is measured is the same at each threshold.
    """
    if by.measure is None:
        return float(np.clip(np.quantile(scored.positive, 1 - by.share), 0.001, 0.999).round(4))
    tried = np.unique(np.quantile(scored.positive, np.linspace(0, 1, STEPS)).clip(0.001, 0.999).round(4))
    found = np.array([by.measure(replace(scored, threshold=float(each))) for each in tried])
    if np.ptp(found) == 0:
        raise UsageError(f"{by.name} is the same at each threshold: choose by what depends on decisions, such as f1.")
    return float(tried[(found.argmin if by.lower else found.argmax)()])


def described(scored: Scored, by: Rule, threshold: float) -> list[str]:
    """Returns a threshold, and what comes of it: share selected, precision, recall, and what is measured."""
    at = replace(scored, threshold=threshold)
    selected, positive = at.decided == 1, at.truth == 1
    hits = (selected & positive).sum()
    shares = [hits / max(selected.sum(), 1), hits / max(positive.sum(), 1)]
    told = [f"{threshold:.4f}", f"{selected.mean():.1%}", *(f"{share:.3f}" for share in shares)]
    return [*told, f"{by.measure(at):.4f}"] if by.measure else told
