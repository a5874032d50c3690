"""Writes what `dvc plots show` draws, one small CSV a plot, and the same as one picture for MLflow and people."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve

from ..contract.columns import Contract
from ..core.paths import PLOTS
from ..core.untrusted_text import cell

POINTS = 200
# The plots that `dvc.yaml` names. DVC complains of one that is absent, so those of other problems are written empty.
COLUMNS = {
    "roc": ["fpr", "tpr"],
    "precision_recall": ["recall", "precision"],
    "calibration": ["predicted", "observed"],
    "confusion": ["actual", "predicted"],
    "residuals": ["predicted", "residual"],
    "importance": ["feature", "importance"],
}


def _thin(frame: pd.DataFrame) -> pd.DataFrame:
    """Keeps at most `POINTS` rows, the first and the last among them."""
    return frame.iloc[np.unique(np.linspace(0, len(frame) - 1, min(len(frame), POINTS)).astype(int))]


def curves(truth: np.ndarray, chance: np.ndarray) -> dict[str, pd.DataFrame]:
    """Returns ROC, precision-recall and calibration of a binary model.

    Args:
        truth: 0 or 1, shape (rows,).
        chance: Probability of 1, shape (rows,).
    """
    fpr, tpr, _ = sk.roc_curve(truth, chance)
    precision, recall, _ = sk.precision_recall_curve(truth, chance)
    observed, predicted = calibration_curve(truth, chance, n_bins=10, strategy="quantile")
    return {
        "roc": _thin(pd.DataFrame({"fpr": fpr, "tpr": tpr})),
        "precision_recall": _thin(pd.DataFrame({"recall": recall, "precision": precision})),
        "calibration": pd.DataFrame({"predicted": predicted, "observed": observed}),
    }


def tables(
    contract: Contract, truth: np.ndarray, predicted: np.ndarray, decided: np.ndarray
) -> dict[str, pd.DataFrame]:
    """Returns the plots of a problem as tables.

    Args:
        contract: The columns.
        truth: Class numbers or values, shape (rows,).
        predicted: As `prediction.predict` returns them.
        decided: Class numbers, shape (rows,); of a regression the values.
    """
    if contract.problem == "regression":
        rows = np.random.default_rng(0).permutation(len(truth))[:1_000]
        return {"residuals": pd.DataFrame({"predicted": predicted[rows], "residual": (truth - predicted)[rows]})}
    names = np.array([str(label) for label in contract.classes])
    pairs = pd.DataFrame({"actual": names[truth], "predicted": names[decided]})
    confusion = pairs.sample(min(len(pairs), 5_000), random_state=0).sort_values(["actual", "predicted"])
    return {"confusion": confusion} | (curves(truth, predicted[:, 1]) if contract.problem == "binary" else {})


def _panel(axes: Any, name: str, table: pd.DataFrame) -> None:
    if name == "importance":
        top = table.head(12).iloc[::-1]
        axes.barh(top["feature"], top["importance"])
    elif name == "confusion":
        drawn = {"normalize": "true", "values_format": ".0%", "cmap": "Blues", "colorbar": False, "ax": axes}
        sk.ConfusionMatrixDisplay.from_predictions(table["actual"], table["predicted"], **drawn)
    else:
        x, y = table.columns[:2]
        axes.plot(table[x], table[y], "." if name == "residuals" else "-")
        axes.set_xlabel(x)
        axes.set_ylabel(y)
    axes.set_title(name.replace("_", " "))


def write(found: dict[str, pd.DataFrame], folder: Path = PLOTS) -> None:
    """Writes each table as CSV, and all of them as `overview.png`."""
    from matplotlib import rcParams
    from matplotlib.figure import Figure

    folder.mkdir(parents=True, exist_ok=True)
    rcParams["text.parse_math"] = False  # a name with two dollar signs is no formula
    figure = Figure(figsize=(5 * len(found), 4.2), layout="constrained")
    for axes, (name, table) in zip(np.atleast_1d(figure.subplots(1, len(found))), found.items(), strict=True):
        texts = {str(column): table[column].map(cell) for column in table.select_dtypes(exclude="number")}
        table.assign(**texts).to_csv(folder / f"{name}.csv", index=False, float_format="%.6g", lineterminator="\n")
        _panel(axes, name, table)
    for name in COLUMNS.keys() - found.keys():
        pd.DataFrame(columns=COLUMNS[name]).to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    figure.savefig(folder / "overview.png", dpi=80)
