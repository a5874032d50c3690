"""Repeats each judged model as a run of Weights & Biases, refused ones too; MLflow stays tracker and registry.

W&B's own variables say where to: WANDB_MODE, WANDB_API_KEY, WANDB_ENTITY, WANDB_BASE_URL. Without a key, and where the
server can't be reached, the run is written to `wandb/`, and `wandb sync wandb/offline-run-*` sends it later.
Source: https://docs.wandb.ai/ref/python/, wandb 0.31, read on 2026-11-30.
"""

import json
import logging
import os
from pathlib import Path
from types import ModuleType
from typing import Any

from ...core import lineage, params
from ...core.errors import UsageError
from ...core.paths import MODEL, RECORD, workspace
from .. import mlflow_client, runs

TELEMETRY = "WANDB_ERROR_REPORTING"
log = logging.getLogger(__name__)


def _library() -> ModuleType:
    """Returns the package, its reports of errors switched off.

    Raises:
        UsageError: It is not installed.
    """
    os.environ.setdefault(TELEMETRY, "false")
    try:
        import wandb
    except ModuleNotFoundError:
        raise UsageError(
            "tracking in params.yaml names wandb, which is not installed: `uv add --group wandb wandb`."
        ) from None
    return wandb


def mode() -> str:
    """Returns how W&B is asked: what WANDB_MODE says, else online where there is a key."""
    return os.environ.get("WANDB_MODE") or ("online" if os.environ.get("WANDB_API_KEY") else "offline")


def _begun(wandb: ModuleType, asked: str, **told: Any) -> Any:
    """Begins a run; offline where it can't be begun online, for a mirror stops nothing."""
    settings = wandb.Settings(console="off", silent=True, save_code=False, x_disable_stats=True)
    try:
        return wandb.init(mode=asked, settings=settings, **told)
    except wandb.errors.Error as error:
        if asked == "offline":
            raise
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        log.warning("W&B can't be reached (%s): written to wandb/, `wandb sync` sends it later", reason)
        return wandb.init(mode="offline", settings=settings, **told)


def log_evaluation(numbers: dict[str, Any], *, passed: bool, plots: Path) -> None:
    """Writes the run of the model in `models/`: parameters, measures, verdict, plots, and the file with its hashes.

    Args:
        numbers: As in `metrics.json`.
        passed: Whether all gates are open.
        plots: The folder of plots.

    Raises:
        UsageError: wandb is not installed.
    """
    wandb, chosen = _library(), params.load()
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    model_hash, name = record["sha256"], chosen.register_.model_name
    verdict = "passed" if passed else "failed"
    facts = {
        "model_hash": model_hash,
        "data_hash": record["data_hash"],
        "git_commit": lineage.commit(),
        "git_dirty": lineage.dirty(),
        "gates": verdict,
        **lineage.experiment(),
    }
    sections = chosen.model_dump(include={"ingest", "split", "train", "evaluate"})
    del sections["train"]["families"], sections["ingest"]["source"], sections["ingest"]["query"]
    effective = {f"hyperparameters.{key}": value for key, value in record["hyperparameters"].items()}
    run = _begun(
        wandb,
        mode(),
        project=name,
        name=runs.name_of(chosen.train.family, model_hash),
        id=model_hash[:16],  # a model that is judged again is the same run
        resume="allow",
        dir=str(workspace()),
        config=mlflow_client.flat(sections) | effective | facts,
        tags=[verdict],
    )
    run.log(mlflow_client.flat(numbers))
    run.log({path.stem: wandb.Image(str(path)) for path in sorted(plots.glob("*.png"))})
    made = wandb.Artifact(name, "model", metadata=facts)
    made.add_file(str(MODEL))
    run.log_artifact(made)
    run.finish()
    log.info("W&B      run %s %s", run.id, "written to wandb/" if run.offline else run.url)
