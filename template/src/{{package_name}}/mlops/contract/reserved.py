"""Names that a column of the data can't have where the project itself writes columns of these names."""

from pathlib import Path

from ..core.errors import UsageError

ROOMS = Path(__file__).parents[1]
LOG = {"_request_id", "_row", "_time", "_model_version", "_label", "_value", "_probabilities", "_client_request_id"}
LABELS = {"_truth"}
STORE = {"event_timestamp", "created_timestamp", "row_"}


def owner(name: str, *, stored: bool) -> str | None:
    """Returns what of this project has a column of that name, or None.

    Args:
        name: Of a column of the data.
        stored: Whether a feature store would hold the column.
    """
    if name in LOG | LABELS and (ROOMS / "serving").is_dir():
        return "the prediction log"
    if stored and name in STORE and (ROOMS / "feature_store").is_dir():
        return "the feature store"
    return None


def check(columns: dict[str, bool]) -> None:
    """Refuses columns whose names are taken.

    Args:
        columns: By name, whether a feature store would hold the column.

    Raises:
        UsageError: There is one.
    """
    for name, stored in columns.items():
        if taken := owner(name, stored=stored):
            raise UsageError(
                f"schema.py: column {name} has a name that {taken} gives to a column of its own: rename it in "
                "the data, or move it to LEFT_OUT."
            )
