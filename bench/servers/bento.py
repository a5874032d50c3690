"""BentoML, one worker."""

from typing import Any

import bentoml
from pipeline import Model


@bentoml.service(workers=1)
class Service:
    """Answers rows."""

    def __init__(self) -> None:
        """Loads the model."""
        self.model = Model()

    @bentoml.api
    def predict(self, rows: list[dict[str, Any]]) -> list[float]:
        """Returns probabilities."""
        return self.model(rows)
