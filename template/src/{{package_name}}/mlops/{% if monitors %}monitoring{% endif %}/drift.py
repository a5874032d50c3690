"""Drift of features and predictions: which share of the rows has moved, shown by Evidently, judged by one number.

The distance is Kolmogorov and Smirnov's for numbers, total variation for categories: both are the largest share of rows
that moved across any border, so that one limit serves all columns. What is missing is a value like any other. A
distance counts only if it is over the limit and over what chance reaches, by the inequalities of Massart and McDiarmid.
"""

import math
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..core import html_page
from ..core.atomic import replacing
from ..core.untrusted_text import NAME, label, visible
from .settings import DRIFT, FOLDER, Finding, Monitor


@dataclass(frozen=True)
class Distance:
    """How far two samples of a column are apart, 0 to 1, and how far they may be."""

    value: float
    allowed: float

    @property
    def drifted(self) -> bool:
        """Whether it is too far."""
        return self.value > self.allowed

    def as_dict(self) -> dict[str, Any]:
        """Returns it for a JSON report."""
        return {"distance": self.value, "allowed": self.allowed, "drifted": self.drifted}


def _of_numbers(reference: np.ndarray, current: np.ndarray, chance: float) -> tuple[float, float]:
    ours, theirs = (np.sort(np.nan_to_num(values, nan=np.inf)) for values in (reference, current))
    places = np.concatenate([ours, theirs])
    below = [np.searchsorted(values, places, side="right") / len(values) for values in (ours, theirs)]
    spread = 1 / len(ours) + 1 / len(theirs)
    return float(np.abs(below[0] - below[1]).max()), math.sqrt(math.log(2 / chance) / 2 * spread)


def _of_categories(reference: pd.Series, current: pd.Series, chance: float) -> tuple[float, float]:
    counts = pd.concat([values.value_counts(dropna=False) for values in (reference, current)], axis=1).fillna(0)
    ours, theirs = counts.to_numpy().T
    spread = 1 / len(reference) + 1 / len(current)
    pooled = (ours + theirs) / (ours + theirs).sum()
    expected = np.sqrt(pooled * (1 - pooled) * spread).sum() / 2
    distance = np.abs(ours / ours.sum() - theirs / theirs.sum()).sum() / 2
    return float(distance), float(expected) + math.sqrt(math.log(1 / chance) / 2 * spread)


def distance(reference: pd.Series, current: pd.Series, settings: Monitor) -> Distance:
    """Measures how far the current values of a column are from the reference; columns of numbers hold floats."""
    if pd.api.types.is_float_dtype(reference.dtype):
        value, noise = _of_numbers(reference.to_numpy(), current.to_numpy(dtype=float), settings.chance)
    else:
        value, noise = _of_categories(reference, current, settings.chance)
    return Distance(value, max(settings.distance, noise))


def measure(reference: pd.DataFrame, current: pd.DataFrame, settings: Monitor) -> dict[str, Distance]:
    """Measures each column of two frames."""
    return {name: distance(reference[name], current[name], settings) for name in reference.columns}


def _labelled(frame: pd.DataFrame) -> pd.DataFrame:
    """Returns a frame with labels for its names and categories, which Evidently writes into a script as they are."""
    frame = frame.rename(columns=label)
    texts = {str(name): values.astype(object) for name, values in frame.select_dtypes(exclude="number").items()}
    return frame.assign(**{name: texts[name].map(lambda v: label(v) if isinstance(v, str) else v) for name in texts})


def _secured(page: str) -> str:
    """Returns Evidently's page with a policy that lets its scripts run, the first of which holds the data as JSON."""
    head, data, rest = re.split(r"(?<=<script>)|(?=</script>\n)", page, maxsplit=2)
    page = f"{head}{data.replace('<', chr(92) + 'u003c')}{rest}"
    return html_page.secured(page, re.findall(r"(?s)<script>(.*?)</script>", page))


def write(
    reference: pd.DataFrame,
    current: pd.DataFrame,
    features: dict[str, Distance],
    predicted: dict[str, Distance],
    settings: Monitor,
    folder: Path = FOLDER,
) -> None:
    """Writes Evidently's report of the same distances, `drift.html` and `drift.json`.

    Evidently takes out what is missing before it calls a method, so that its own can't see it; the method that is given
    to it looks up what was measured. A column without any value on one side, which it can't draw, is left out.
    """
    from evidently import DataDefinition, Dataset, Report
    from evidently.legacy.calculations.stattests import StatTest, register_stattest
    from evidently.legacy.core import ColumnType
    from evidently.metrics import ValueDrift
    from evidently.presets import DataDriftPreset

    reference, current = _labelled(reference), _labelled(current)
    features, predicted = ({label(name): found for name, found in side.items()} for side in (features, predicted))
    measured = features | predicted
    kinds = [ColumnType.Numerical, ColumnType.Categorical]
    method = StatTest("distance", "share of rows that moved", kinds, settings.distance)
    register_stattest(method, lambda ours, *_: (measured[ours.name].value, measured[ours.name].drifted))
    drawn = [name for name in measured if reference[name].notna().any() and current[name].notna().any()]
    numbers = [name for name in drawn if pd.api.types.is_float_dtype(reference[name].dtype)]
    definition = DataDefinition(
        numerical_columns=numbers, categorical_columns=[name for name in drawn if name not in numbers]
    )
    preset = DataDriftPreset(
        columns=[name for name in drawn if name in features],
        method="distance",
        per_column_threshold={name: measured[name].allowed for name in drawn},
        drift_share=settings.drift_share,
    )
    values = [ValueDrift(column=name, method="distance", threshold=measured[name].allowed) for name in predicted]
    sets = [Dataset.from_pandas(frame[drawn], data_definition=definition) for frame in (current, reference)]
    with warnings.catch_warnings():  # numpy's, of columns with one value
        warnings.simplefilter("ignore", RuntimeWarning)
        report = Report([*values, preset], include_tests=True).run(*sets)
    for name, save in (("drift.html", report.save_html), ("drift.json", report.save_json)):
        with replacing(folder / name) as beside:
            save(str(beside))
            if name == "drift.html":
                beside.write_text(_secured(beside.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")


def judge(features: dict[str, Distance], predicted: dict[str, Distance], settings: Monitor) -> list[Finding]:
    """Says what has drifted too far: the predictions, or a share of the features."""
    findings = []
    moved = [name for name, found in features.items() if found.drifted]
    worst = sorted(moved, key=lambda name: -features[name].value)
    told = ", ".join(f"{visible(name, NAME)} {features[name].value:.2f}" for name in worst[:5])
    if moved and len(moved) / len(features) >= settings.drift_share:
        findings.append(
            f"{len(moved)} of {len(features)} features moved ({told}), monitor.drift_share allows less than "
            f"{settings.drift_share:.0%}"
        )
    for name, found in predicted.items():
        if found.drifted:
            findings.append(f"{name} moved by {found.value:.2f}, {found.allowed:.2f} is allowed (monitor.distance)")
    advice = "look at reports/monitoring/drift.html, and retrain if the world has changed."
    return [Finding(DRIFT, f"drift: {sentence}: {advice}") for sentence in findings]
