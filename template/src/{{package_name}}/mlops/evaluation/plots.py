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

POINTS, CONFUSION = 200, 5_000  # of a curve; rows of a confusion matrix
# The plots that `dvc.yaml` names. DVC complains of one that is absent, so those of other problems are written empty.
COLUMNS = {
    "roc": ["fpr", "tpr"],
    "precision_recall": ["recall", "precision"],
    "calibration": ["predicted", "observed"],
    "confusion": ["actual", "predicted"],
    "residuals": ["predicted", "residual"],
    "importance": ["feature", "importance"],
}
# Title of each panel, and what its axes are.
TITLES = {
    "roc": ("ROC curve", "false positive rate", "true positive rate"),
    "precision_recall": ("Precision and recall", "recall", "precision"),
    "calibration": ("Calibration", "predicted probability", "observed share"),
    "confusion": ("Decisions: share and count of each class", "predicted", "actual"),
    "residuals": ("Residuals", "predicted", "actual - predicted"),
    "importance": ("Importance: loss of the metric without the column", "", ""),
}
AREA, MOST_CELLS, COLUMNS_OF_PANELS = "area", 12, 2


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
    found = {
        "roc": _thin(pd.DataFrame({"fpr": fpr, "tpr": tpr})),
        "precision_recall": _thin(pd.DataFrame({"recall": recall, "precision": precision})),
        "calibration": pd.DataFrame({"predicted": predicted, "observed": observed}),
    }
    found["roc"].attrs[AREA] = sk.auc(fpr, tpr)
    found["precision_recall"].attrs[AREA] = sk.average_precision_score(truth, chance)
    return found


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
    confusion = pairs.sample(min(len(pairs), CONFUSION), random_state=0).sort_values(["actual", "predicted"])
    return {"confusion": confusion} | (curves(truth, predicted[:, 1]) if contract.problem == "binary" else {})


def _confusion(axes: Any, table: pd.DataFrame) -> None:
    names = sorted({*table["actual"], *table["predicted"]})
    found = pd.crosstab(table["actual"], table["predicted"]).reindex(index=names, columns=names, fill_value=0)
    counts = found.to_numpy(dtype=int)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(names)), names, rotation=0 if len(names) < 5 else 90)
    axes.set_yticks(range(len(names)), names)
    for (row, column), share in np.ndenumerate(shares) if len(names) <= MOST_CELLS else ():
        text, color = f"{share:.0%}\n{counts[row, column]:,}", "white" if share > 0.5 else "black"
        axes.text(column, row, text, ha="center", va="center", color=color)


def _line(axes: Any, name: str, table: pd.DataFrame) -> None:
    x, y = (table[column] for column in table.columns[:2])
    area = f"area {table.attrs[AREA]:.3f}" if AREA in table.attrs else None
    axes.plot(x, y, "." if name == "residuals" else "-o" if name == "calibration" else "-", label=area, markersize=3)
    if name in ("roc", "calibration"):
        axes.plot([0, 1], [0, 1], "--", color="gray", linewidth=0.8, label="chance" if area else "as predicted")
    if name == "precision_recall" and len(table):
        axes.axhline(table["precision"].iloc[0], ls="--", color="gray", linewidth=0.8, label="share of positives")
    if name == "residuals":
        axes.axhline(0, ls="--", color="gray", linewidth=0.8)
    else:
        axes.legend(loc="best", fontsize="small")
    axes.grid(alpha=0.25)


def _panel(axes: Any, name: str, table: pd.DataFrame) -> None:
    title, x, y = TITLES[name]
    if name == "importance":
        top = table.head(12).iloc[::-1]
        axes.barh(top["feature"], top["importance"])
        axes.grid(axis="x", alpha=0.25)
    elif name == "confusion":
        _confusion(axes, table)
    else:
        _line(axes, name, table)
    drawn = f" (of {CONFUSION:,} rows)" if name == "confusion" and len(table) == CONFUSION else ""
    axes.set(title=title + drawn, xlabel=x, ylabel=y)


def write(found: dict[str, pd.DataFrame], folder: Path = PLOTS) -> None:
    """Writes each table as CSV, and all of them as `overview.png`."""
    from matplotlib import rcParams
    from matplotlib.figure import Figure

    folder.mkdir(parents=True, exist_ok=True)
    rcParams["text.parse_math"] = False  # a name with two dollar signs is no formula
    rows = -(-len(found) // COLUMNS_OF_PANELS)
    figure = Figure(figsize=(5.5 * COLUMNS_OF_PANELS, 4.2 * rows), layout="constrained")
    grid = figure.subplots(rows, COLUMNS_OF_PANELS, squeeze=False).ravel()
    for empty in grid[len(found) :]:
        empty.set_axis_off()
    for axes, (name, table) in zip(grid, found.items(), strict=False):
        texts = {str(column): table[column].map(cell) for column in table.select_dtypes(exclude="number")}
        table.assign(**texts).to_csv(folder / f"{name}.csv", index=False, float_format="%.6g", lineterminator="\n")
        _panel(axes, name, table)
    for name in COLUMNS.keys() - found.keys():
        pd.DataFrame(columns=COLUMNS[name]).to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    figure.savefig(folder / "overview.png", dpi=80)
