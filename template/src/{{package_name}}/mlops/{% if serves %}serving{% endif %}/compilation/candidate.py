"""The gate `serving`: a model that the service could not load, or that predicts otherwise there, is refused in time."""

import tempfile
from pathlib import Path

import numpy as np
from mlflow.entities.model_registry import ModelVersion, ModelVersionTag
from sklearn.pipeline import Pipeline

from ...contract.columns import Contract
from ...core import params
from ...core.untrusted_text import reason
from ...evaluation.gates import Gate
from ...evaluation.held_out import HeldOut
from ..model import bundle, tables
from . import describe, export, parity

ROWS = 1_000
NAME = "serving"


def _difference(pipeline: Pipeline, path: Path, model_hash: str, held: HeldOut, contract_: Contract) -> float:
    """Exports a model into a folder of its own, loads it as the service does, and compares what it predicts."""
    facts = {"model_hash": model_hash, "target": contract_.target.name, "git_dirty": "true"}
    facts |= dict.fromkeys(("data_hash", "git_commit", "gates"), "")
    tags = [ModelVersionTag(name, value) for name, value in facts.items()]  # type: ignore[no-untyped-call]
    version = ModelVersion(params.load().register_.model_name, "candidate", 0, run_id="", tags=tags)
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder) / "served"
        export.write(pipeline, path, describe.facts(version, pipeline, contract_), contract_, where)
        served = bundle.load(where)
        found = served.predict(tables.codes(held.table.slice(0, ROWS), served.features))
    expected = held.predicted[:ROWS]
    return float(np.max(np.abs(found - expected) / np.maximum(1.0, np.abs(expected))))


def gate(pipeline: Pipeline, path: Path, model_hash: str, held: HeldOut, contract_: Contract) -> Gate:
    """Closed where the model can't be exported, loaded and asked, or answers otherwise than the pipeline.

    Args:
        pipeline: The model.
        path: The file that it was loaded from.
        model_hash: Its content hash.
        held: The held-out rows, with what the pipeline predicts.
        contract_: The columns.
    """
    try:
        gap = _difference(pipeline, path, model_hash, held, contract_)
    except Exception as error:  # whatever it is, the service would meet it too
        what = f"the model can't be served: {type(error).__name__}, {reason(error)}"
        return Gate(NAME, passed=False, sentence=f"{what}: train a model that can be.", measured=False)
    return Gate(
        NAME,
        gap <= parity.TOLERANCE,
        f"what the service would predict differs from the pipeline by {gap:.2g} on {len(held.truth[:ROWS]):,} rows, "
        f"allowed is {parity.TOLERANCE:g}: train another model, or serve another family.",
        measured=bool(np.isfinite(gap)),
    )
