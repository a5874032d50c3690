"""What a notebook starts from: the data, the held-out rows with what the last model predicts, the champion."""

import json
import tempfile
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.pipeline import Pipeline

from ..contract.columns import Contract
from ..contract.frame import feature_frame
from ..core import params
from ..core.errors import UsageError
from ..core.paths import DATASET, MODEL, RECORD, TEST
from ..governance import audit_log, champions
from ..models import persistence
from ..models.prediction import apply_threshold, predict
from ..tracking import mlflow_client, projection

ROOT = Path(__file__).resolve().parents[4]  # the project's folder; a notebook runs in its own


def _present(path: Path) -> Path:
    if not path.exists():
        raise UsageError(f"there is no {path}: `make run` makes it, or `uv run dvc pull` gets it.")
    return path


@dataclass(frozen=True)
class Notebook:
    """What a notebook starts from.

    Attributes:
        contract: The columns.
        trusted: As of `persistence.load`.
    """

    contract: Contract
    trusted: list[str]

    def data(self) -> pd.DataFrame:
        """Returns all rows as they were ingested, in the types of the contract."""
        with chdir(ROOT):
            return pq.read_table(_present(DATASET)).to_pandas()

    def features(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Returns the features of rows in the types of the contract."""
        columns = [(column.name, column.arrow) for column in self.contract.features]
        table = pa.Table.from_pandas(rows, pa.schema(columns), preserve_index=False)
        return feature_frame(table, self.contract)

    def held_out(self) -> pd.DataFrame:
        """Returns the held-out rows with what the model of the last run predicts for them.

        Behind the columns of the data are `<target>_predicted` and, for classes, `<target>_probability`: of the
        positive class, or of several classes of the predicted one.
        """
        with chdir(ROOT):
            table, target = pq.read_table(_present(TEST)), self.contract.target.name
            record = json.loads(_present(RECORD).read_text(encoding="utf-8"))
            pipeline = persistence.load(_present(MODEL), record["sha256"], self.trusted)
            threshold = params.load().evaluate.threshold
        predicted = predict(pipeline, feature_frame(table, self.contract), self.contract)
        frame = table.to_pandas()
        if self.contract.problem == "regression":
            return frame.assign(**{f"{target}_predicted": predicted})
        decided = apply_threshold(predicted, threshold)
        of = np.ones_like(decided) if self.contract.problem == "binary" else decided
        labels = np.array(self.contract.classes)[decided]
        chance = predicted[np.arange(len(of)), of]
        return frame.assign(**{f"{target}_predicted": labels, f"{target}_probability": chance})

    def champion(self) -> Pipeline:
        """Returns the champion's pipeline, which takes `features`; what the registry lacks comes from DVC.

        Raises:
            UsageError: There is no champion yet.
            Refusal: Its file can't be had, or is another one.
        """
        with chdir(ROOT), tempfile.TemporaryDirectory() as folder:
            name, chain = params.load().register_.model_name, audit_log.entries()
            entry = audit_log.chosen(chain, name)
            if entry is None:
                raise UsageError(f"{name} has no champion yet: `make run` makes the first one.")
            said = champions.facts(chain, entry)
            path = projection.model_file(mlflow_client.connect(), said, folder)
            return persistence.load(path, said["model_hash"], self.trusted)
