"""Your metrics: which are computed, which one is primary, which are better when lower. Yours to edit.

A metric is a function of `Scored`: `truth`, `predicted`, `decided`, for a binary target `positive`, and
`column("amount")` for the values of a column of the data in the same rows.
"""

import numpy as np
from sklearn import metrics as sk

from .mlops.contract.columns import Problem
from .mlops.evaluation.metric_set import MetricSet, Scored


def macro_roc_auc(scored: Scored) -> float:
    """Returns the mean ROC AUC of each class that is present against the rest."""
    present = np.unique(scored.truth)
    return float(np.mean([sk.roc_auc_score(scored.truth == n, scored.predicted[:, n]) for n in present]))


METRICS: dict[Problem, MetricSet] = {
    "binary": MetricSet(
        primary="roc_auc",
        functions={
            "roc_auc": lambda s: sk.roc_auc_score(s.truth, s.positive),
            "average_precision": lambda s: sk.average_precision_score(s.truth, s.positive),
            "accuracy": lambda s: (s.truth == s.decided).mean(),
            "f1": lambda s: sk.f1_score(s.truth, s.decided, zero_division=0.0),
            "log_loss": lambda s: sk.log_loss(s.truth, s.predicted, labels=[0, 1]),
            "brier": lambda s: ((s.positive - s.truth) ** 2).mean(),
        },
        lower_is_better=frozenset({"log_loss", "brier"}),
    ),
    "multiclass": MetricSet(
        primary="roc_auc",
        functions={
            "roc_auc": macro_roc_auc,
            "accuracy": lambda s: (s.truth == s.decided).mean(),
            "f1": lambda s: sk.f1_score(
                s.truth, s.decided, average="macro", labels=np.unique(s.truth), zero_division=0.0
            ),
            "log_loss": lambda s: sk.log_loss(s.truth, s.predicted, labels=range(s.predicted.shape[1])),
        },
        lower_is_better=frozenset({"log_loss"}),
    ),
    "regression": MetricSet(
        primary="r2",
        functions={
            "r2": lambda s: sk.r2_score(s.truth, s.predicted),
            "mae": lambda s: sk.mean_absolute_error(s.truth, s.predicted),
            "rmse": lambda s: sk.root_mean_squared_error(s.truth, s.predicted),
        },
        lower_is_better=frozenset({"mae", "rmse"}),
    ),
}
