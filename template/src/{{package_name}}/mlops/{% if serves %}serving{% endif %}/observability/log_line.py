"""Predictions as lines of the prediction log's journal; `prediction_table` reads them."""

from pydantic_core import to_json

from ..model.answer import Model, Prediction
from ..model.row_model import microseconds


def head(model: Model) -> bytes:
    """Returns the line that says what the lines after it hold."""
    kinds = {}
    for column in model.bundle.columns:
        numbers = all(isinstance(value, int) for value in column.categories)
        kinds[column.name] = ("int" if numbers else "text") if column.kind == "category" else column.kind
    return to_json({"version": model.version, "columns": kinds}) + b"\n"


def line(made: Prediction, client_id: str | None = None) -> bytes:
    """Returns the line of a request, with the id that the client gave it."""
    chances = None if made.probabilities is None else made.probabilities.tolist()
    said = [made.request_id, microseconds(made.time), made.rows, made.labels, made.values.tolist(), chances, client_id]
    return to_json(said) + b"\n"
