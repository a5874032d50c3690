"""Writes the champion as the service loads it, to `models/served`: `make export`.

The model is compiled into arrays and compared with the pipeline, row by row; one that can't be compiled, or that
differs, is written as it is, and served slower.
"""

import argparse
import hashlib
import json
import logging
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from sklearn.pipeline import Pipeline

from .... import project
from ...contract.columns import Contract
from ...core import atomic, params
from ...core.errors import GateRefused, UsageError
from ...core.paths import MODEL
from ...core.runner import run
from ...delivery import gate
from ...models import persistence
from ...tracking import mlflow_client, projection, versions
from ..model import bundle, pipeline_fallback, predictor
from . import compiler, describe, parity

log = logging.getLogger(__name__)


def chosen(client: MlflowClient, name: str, number: str | None) -> ModelVersion:
    """Returns the version with that number, or the champion, which the registry gets back if it lost it.

    Raises:
        UsageError: There is none.
        GateRefused: It did not pass its gates.
        Refusal: Audit log and registry contradict each other, or the model can't be had.
    """
    known = client.search_model_versions(f"name = '{name}'") if number else []
    if number and number not in {str(version.version) for version in known}:
        raise UsageError(f"{name} has no version {number} in the registry: leave --version out for the champion.")
    version = next((version for version in known if str(version.version) == number), None)
    version = version or projection.restore(client, name, project.contract(), project.trusted())
    if version.tags.get("gates") != "passed":
        raise GateRefused(f"{name} {version.version} did not pass the gates, so it is not served: run the pipeline.")
    return version


def served(
    pipeline: Pipeline, source: Path, facts_: dict[str, Any], contract_: Contract, folder: Path
) -> dict[str, Any]:
    """Writes the model as arrays, or as it is where these can't be made or are not equal; returns the facts of it.

    Args:
        pipeline: The model.
        source: The file that it was loaded from.
        facts_: What is known of it.
        contract_: The columns.
        folder: Where to write to.

    Raises:
        GateRefused: The pipeline itself can't serve.
    """
    known = bundle.columns_of(facts_)
    features, rows = [column for column in known if column.feature], parity.rows(known)
    classes, example = facts_["classes"], describe.example(rows, known)

    def compared(predict: predictor.Predict, *, allowed: bool) -> dict[str, Any]:
        table = parity.spoiled(rows, features, allowed=allowed)
        return parity.measure(predict, pipeline, table, features, contract_, facts_["threshold"])

    try:
        arrays = compiler.arrays(pipeline, features, classes)
        measured = compared(predictor.evaluator(arrays), allowed=False)
        np.savez(folder / "model.npz", allow_pickle=False, **arrays)
        return {"example": example, "path": "compiled", "why": "", "file": "model.npz", "parity": measured}
    except (compiler.NotCompiledError, parity.UnequalError) as error:
        why = str(error)
    path = Path(shutil.copyfile(source, folder / "model.skops"))
    try:
        measured = compared(pipeline_fallback.load(path, facts_["model_hash"], features, classes), allowed=True)
    except parity.UnequalError as error:
        raise GateRefused(
            f"the pipeline can't serve: {error}. Its steps must take every row that the contract allows, also alone: "
            "fix them, and `make run`."
        ) from error
    return {"example": example, "path": "pipeline", "why": why, "file": path.name, "parity": measured}


def write(
    pipeline: Pipeline, source: Path, facts_: dict[str, Any], contract_: Contract, folder: Path = bundle.SERVED
) -> None:
    """Writes the bundle beside the folder, then puts it in place of the folder; arguments as of `served`.

    Raises:
        GateRefused: As `served`.
    """
    beside, former = (folder.with_name(f".{folder.name}.{end}") for end in ("part", "old"))
    for left in (beside, former):
        if left.exists():
            shutil.rmtree(left)
    beside.mkdir(parents=True)
    whole = {**facts_, **served(pipeline, source, facts_, contract_, beside)}
    whole["sha256"] = hashlib.sha256((beside / whole["file"]).read_bytes()).hexdigest()
    whole["seal"] = bundle.seal(whole)
    atomic.write(beside / bundle.FACTS, json.dumps(whole, indent=2) + "\n")
    if folder.exists():
        folder.rename(former)
    beside.rename(folder)
    if former.exists():
        shutil.rmtree(former)


def main() -> None:
    """Writes the champion, or another version, as the service loads it."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--version", help="of the model; without it, the champion")
    which.add_argument("--commit", action="store_true", help="the model of this commit, if it may be delivered")
    args, contract_ = parser.parse_args(), project.contract()
    if args.commit:
        version = gate.passed()
    else:
        version = chosen(mlflow_client.connect(), params.load().register_.model_name, args.version)
    with tempfile.TemporaryDirectory() as folder:
        source = MODEL if args.commit else versions.download(version, folder)
        pipeline = persistence.load(source, version.tags["model_hash"], project.trusted())
        if not parity.evaluated(pipeline, version.tags["model_hash"], contract_):
            log.info("not compared with its evaluation: the last one here is of another model")
        write(pipeline, source, describe.facts(version, pipeline, contract_), contract_)
    said = bundle.load().facts  # which warns of a model that is not compiled
    agreed = said["parity"]
    log.info("exported %s %s to %s", said["model"], said["version"], bundle.SERVED)
    log.info(
        "%s: on %s rows it differs from the pipeline by at most %.2g and flips no label",
        said["path"],
        f"{agreed['rows']:,}",
        agreed["largest_difference"],
    )


if __name__ == "__main__":
    run(main)
