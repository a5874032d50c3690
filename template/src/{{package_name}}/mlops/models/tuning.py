"""Searches hyper-parameters with Optuna: ranges, a time budget, folds that show early that a trial is no good.

What was tried is kept until the search ends: one that was killed goes on. Trials are one after the other and start from
a seed, so equal inputs give equal models, unless time or a kill ends the search.
"""

import hashlib
import importlib
import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn.base import clone, is_classifier
from sklearn.model_selection import check_cv
from sklearn.pipeline import Pipeline

from ..core import params
from ..core.errors import UsageError
from . import estimators

CACHE = Path(".search_cache")
PACKAGE = Path(__file__).parents[2]
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trial:
    """Hyper-parameters that a search tried, and what they scored: in each fold, and on average."""

    hyperparameters: dict[str, Any]
    score: float
    folds: list[float]


def asked(search: params.Search) -> bool:
    """Whether a search needs Optuna: lists alone do not."""
    return search.seconds is not None or any(isinstance(values, params.Range) for values in search.space.values())


def _library() -> Any:
    try:
        optuna = importlib.import_module("optuna")
    except ModuleNotFoundError:
        raise UsageError(
            'train.search has ranges or seconds, which need Optuna: `uv add --dev "optuna>=4.5,<6"`, or give lists.'
        ) from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def _suggested(trial: Any, name: str, values: list[Any] | params.Range) -> Any:
    if isinstance(values, list):
        return values[trial.suggest_int(name, 0, len(values) - 1)] if len(values) > 1 else values[0]
    whole = isinstance(values.low, int) and isinstance(values.high, int)
    return (trial.suggest_int if whole else trial.suggest_float)(name, values.low, values.high, log=values.log)


@dataclass(frozen=True)
class Task:
    """What is searched, and on what: attributes as the arguments of `fitting.fit`."""

    pipeline: Pipeline
    frame: pd.DataFrame
    labels: np.ndarray
    search: params.Search
    scorer: Callable[..., float]
    folds: list[tuple[np.ndarray, np.ndarray]] | int | None
    weights: np.ndarray | None

    @cached_property
    def cut(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """The rows that each fold learns from and is scored on."""
        given = self.search.folds if self.folds is None else self.folds
        return list(
            check_cv(given, self.labels, classifier=is_classifier(self.pipeline)).split(self.frame, self.labels)
        )

    @property
    def journal(self) -> Path:
        """Where what was tried is kept; the project's own code is one of the inputs that name it."""
        inputs = (self.pipeline, self.frame, self.labels, self.cut, self.weights, self.search.model_dump())
        digest = hashlib.sha256(joblib.hash(inputs).encode())
        for path in sorted(PACKAGE.glob("*.py")):
            digest.update(path.read_bytes())
        return CACHE / f"{digest.hexdigest()[:32]}.jsonl"

    def fitted(self, chosen: dict[str, Any], rows: np.ndarray) -> Pipeline:
        """Returns a copy of the pipeline that learned from some rows with these hyper-parameters."""
        named = {estimators.parameter(self.pipeline, name): value for name, value in chosen.items()}
        weighed = {} if self.weights is None else {"model__sample_weight": self.weights[rows]}
        return clone(self.pipeline).set_params(**named).fit(self.frame.iloc[rows], self.labels[rows], **weighed)

    def score(self, trial: Any) -> float:
        """Returns the mean score of a trial, which ends early where its first folds are worse than others'."""
        chosen = {name: _suggested(trial, name, values) for name, values in self.search.space.items()}
        trial.set_user_attr("hyperparameters", chosen)
        scores: list[float] = []
        for step, (earlier, inside) in enumerate(self.cut, start=1):
            scores.append(
                float(self.scorer(self.fitted(chosen, earlier), self.frame.iloc[inside], self.labels[inside]))
            )
            trial.set_user_attr("folds", scores)
            trial.report(float(np.mean(scores)), step)
            if step < len(self.cut) and trial.should_prune():
                raise _library().TrialPruned
        return float(np.mean(scores))


def _opened(optuna: Any, journal: Path, seed: int) -> tuple[Any, int]:
    """Opens what was tried before a kill, or nothing; returns it, and how many trials ended."""
    journal.parent.mkdir(exist_ok=True)
    backend, states = optuna.storages.journal.JournalFileBackend(str(journal)), optuna.trial.TrialState
    study = optuna.create_study(
        storage=optuna.storages.JournalStorage(backend), study_name="train", direction="maximize", load_if_exists=True
    )
    for killed in study.get_trials(states=(states.RUNNING,)):
        study.tell(killed.number, state=states.FAIL)
    done = len(study.get_trials(states=(states.COMPLETE, states.PRUNED)))
    study.sampler = optuna.samplers.TPESampler(seed=seed + done)  # else it begins with the same again
    return study, done


def tune(task: Task, seed: int) -> tuple[Pipeline, list[Trial]]:
    """Fits the best pipeline that a search finds; returns it, and what was tried, the best first."""
    optuna, journal, search = _library(), task.journal, task.search
    study, done = _opened(optuna, journal, seed)
    if done:
        log.info("the search was interrupted: it goes on after %d trials", done)
    left, shown = max(search.iterations - done, 0), sys.stderr.isatty()
    study.optimize(task.score, n_trials=left, timeout=search.seconds, show_progress_bar=shown)
    complete = optuna.trial.TrialState.COMPLETE
    found = study.get_trials(states=(complete, optuna.trial.TrialState.PRUNED))
    found.sort(key=lambda one: (one.state != complete, -(one.value or 0.0), one.number))
    trials = [
        Trial(one.user_attrs["hyperparameters"], float(np.mean(one.user_attrs["folds"])), one.user_attrs["folds"])
        for one in found
    ]
    pruned = sum(one.state != complete for one in found)
    log.info("best of %d trials, %d of them ended early: %s", len(found), pruned, trials[0].hyperparameters)
    best = task.fitted(trials[0].hyperparameters, np.arange(len(task.frame)))
    journal.unlink()
    return best, trials
