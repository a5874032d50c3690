"""The model as the frameworks' own examples serve one: rows into a frame, the frame through the pipeline."""

import os
from typing import Any

import pandas as pd
from skops import io as skops_io


class Model:
    """The pipeline of the skops file that `MODEL` names."""

    def __init__(self) -> None:
        """Loads it; the file was made here, so that its types are trusted."""
        path = os.environ["MODEL"]
        self.pipeline = skops_io.load(path, trusted=skops_io.get_untrusted_types(file=path))

    def __call__(self, rows: list[dict[str, Any]]) -> list[float]:
        """Returns the probabilities of the positive class; what is no category is a number."""
        frame = pd.DataFrame(rows, columns=list(self.pipeline.feature_names_in_))
        return [float(value) for value in self.pipeline.predict_proba(frame)[:, 1]]
