"""Experiments side by side: a table for the terminal, and a picture."""

from pathlib import Path
from typing import Any

from tabulate import tabulate

from ..core.atomic import replacing
from ..core.untrusted_text import visible
from .results import Result

PICTURE = Path("reports/experiments.png")
MOST = 60  # characters of the changes that the table shows


def interval(row: dict[str, float], value: str, form: str = ".4f") -> str:
    """Returns a number with its 95 % interval."""
    return f"{row[value]:{form}} ({row['low']:{form}} to {row['high']:{form}})"


def changes(result: Result, base: dict[str, Any]) -> str:
    """Returns which parameters differ from those of a commit."""
    differing = {key: value for key, value in result.params.items() if value != base.get(key)}
    return visible(" ".join(f"{key}={value}" for key, value in differing.items()))


def verdict(result: Result, champion: str | None) -> str:
    """Returns whether a model is the champion, passed all gates, or which ones refused it."""
    if result.report["model_hash"] == champion:
        return "champion"
    return visible(f"fails {', '.join(result.closed)}") if result.closed else "passed"


def ordered(found: list[Result], metric: str) -> list[Result]:
    """Returns the results that have a metric, the best first."""
    return sorted(
        (result for result in found if metric in result.report["metrics"]),
        key=lambda result: (-result.report["metrics"][metric]["value"], result.name),
    )


def table(
    found: list[Result], metric: str, base: dict[str, Any], champion: str | None, since: float, *, width: int = MOST
) -> str:
    """Returns results as a table, in the given order.

    Args:
        found: The results.
        metric: The first one, greater is better.
        base: The parameters of the commit that they are compared with.
        champion: Hash of the champion's model.
        since: When it became champion: an earlier difference is one to the former champion.
        width: Of the last column.
    """
    rows = []
    for result in found:
        difference = result.report.get("champion")
        against = interval(difference, "mean", "+.4f") if difference else ""
        if difference and result.began < since:
            against += " *"
        said = changes(result, base)
        said = said if len(said) <= width else f"{said[: width - 3]}..."
        first = interval(result.report["metrics"][metric], "value")
        rows.append([result.name, first, against, verdict(result, champion), said])
    heads = ["experiment", f"{metric} (95 % interval)", "difference to champion", "gates", "changed"]
    text = tabulate(rows, heads, tablefmt="simple", disable_numparse=True)
    if any(" *" in row[2] for row in rows):
        text += "\n* to the champion before: run it again under another name to compare it with the one of now"
    return text


def draw(found: list[Result], metric: str, champion: str | None, tolerance: float, path: Path = PICTURE) -> None:
    """Draws metric and difference to the champion with their intervals, the best on top."""
    from matplotlib import rcParams
    from matplotlib.figure import Figure

    rcParams["text.parse_math"] = False  # a name with two dollar signs is no formula
    figure = Figure(figsize=(11, 1.6 + 0.35 * len(found)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for place, result in enumerate(reversed(found)):
        color = "tab:red" if result.closed else "tab:green" if verdict(result, champion) == "champion" else "tab:blue"
        row, difference = result.report["metrics"][metric], result.report.get("champion")
        for axes, numbers, value in ((left, row, "value"), (right, difference, "mean")):
            if numbers:
                axes.plot([numbers["low"], numbers["high"]], [place, place], color=color, linewidth=2)
                axes.plot(numbers[value], place, "o", color=color)
    right.axvline(0, color="black", linewidth=0.8)
    right.axvline(-tolerance, color="gray", linewidth=0.8, linestyle="dashed")
    left.set_yticks(range(len(found)), [visible(result.name, 40) for result in reversed(found)])
    left.set_title(f"{metric}, 95 % interval")
    right.set_title("difference to the champion on the same rows (dashed: tolerance)")
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as beside:
        figure.savefig(beside, dpi=90, format="png")
