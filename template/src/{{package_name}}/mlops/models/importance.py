"""How much a fitted pipeline depends on each feature."""

import logging
from typing import Any

import numpy as np
import pandas as pd
from sklearn.inspection import permutation_importance
from sklearn.pipeline import Pipeline

# A feature with more than this share of the importance is named to people.
MOST = 0.9
log = logging.getLogger(__name__)


def _telling(pipeline: Pipeline, frame: pd.DataFrame, most: int) -> list[str]:
    """Returns the features whose ranks go along with the predictions most, in the order of the frame."""
    answers = pipeline.predict_proba(frame) if hasattr(pipeline, "predict_proba") else pipeline.predict(frame)[:, None]
    ranks = np.column_stack([pd.factorize(frame[name], sort=True)[0] for name in frame]).astype(np.float64)
    ranks, answers = (part - part.mean(axis=0) for part in (ranks, answers))
    strength = np.abs(ranks.T @ answers).max(axis=1) / np.maximum(ranks.std(axis=0), 1e-12)
    return [str(frame.columns[number]) for number in np.sort(np.argsort(-strength, kind="stable")[:most])]


def importance(
    pipeline: Pipeline,
    frame: pd.DataFrame,
    labels: np.ndarray,
    scoring: Any,
    seed: int,
    max_rows: int = 2_000,
    max_features: int = 100,
) -> pd.DataFrame:
    """Returns how much the primary metric loses when a feature is shuffled, on a sample of held-out rows.

    Of more features than `max_features`, those that go along with the predictions most: each of hundreds takes longer
    than all else.
    """
    rows = np.random.default_rng(seed).permutation(len(frame))[:max_rows]
    whole, names = frame.iloc[rows], list(frame.columns)
    shuffled = names if len(names) <= max_features else _telling(pipeline, whole, max_features)
    rest = whole.drop(columns=shuffled)
    if len(names) > len(shuffled):
        log.info("importance: %d of %d features, those that go along with predictions most", len(shuffled), len(names))

    def score(fitted: Pipeline, part: pd.DataFrame, truth: np.ndarray) -> float:
        return float(scoring(fitted, pd.concat([rest, part], axis=1)[names], truth))

    result = permutation_importance(
        pipeline, whole[shuffled], labels[rows], scoring=score, n_repeats=3, random_state=seed
    )
    found = pd.DataFrame({"feature": shuffled, "importance": result.importances_mean})
    return found.sort_values(["importance", "feature"], ascending=[False, True])


def flagged(importances: pd.DataFrame) -> list[str]:
    """Returns a sentence if one of several features has nearly all of the importance, as one that leaks has."""
    known = importances["importance"].clip(lower=0)
    share = known.max() / known.sum() if known.sum() > 0 else 0.0
    if len(known) < 2 or share <= MOST:
        return []
    name = importances["feature"].to_numpy()[int(known.to_numpy().argmax())]
    return [f"feature {name} has {share:.0%} of the importance of all: make sure that it is known before the target is"]
