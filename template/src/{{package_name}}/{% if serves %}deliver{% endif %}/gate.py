"""Lets the model of this commit pass, or says why it may not be delivered.

It passes where the outputs are those that the commit's `dvc.lock` names, exactly this model passed the gates, and the
audit log has it as champion. Nothing is asked but the repository: what Git says, counts.
"""

import json
import logging
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from mlflow.entities.model_registry import ModelVersion, ModelVersionTag

from .. import artifact, audit, contract, lineage, params
from ..paths import EVALUATION, MODEL, RECORD
from ..stage import Refusal

JUDGED = "evaluate"  # the stage that judges the model, and so all before it
CHOSEN = ("promote", "rollback")
log = logging.getLogger(__name__)


def _unchanged() -> str:
    """Returns the commit, which must be what stands in the folder and what the outputs were made from."""
    commit, changed = lineage.commit(), lineage.changed()
    if changed:
        raise Refusal(f"{', '.join(changed[:5])} differ from commit {commit[:12]}: commit them, or deliver elsewhere.")
    command = [sys.executable, "-m", "dvc", "status", JUDGED, "--with-deps", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise Refusal(
            f"`dvc status` failed, so nothing is known of the outputs: {' '.join(done.stderr.split())[:300]}."
        )
    stale = sorted(json.loads(done.stdout or "{}"))
    if stale:
        raise Refusal(
            f"the outputs of {', '.join(stale)} are not of commit {commit[:12]}: run `uv run dvc pull` or `make run`, "
            "commit dvc.lock and `uv run dvc push` where they were made."
        )
    return commit


def _judged() -> dict[str, Any]:
    """Returns the record of the model, which passed every gate."""
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    report = json.loads(EVALUATION.read_text(encoding="utf-8"))
    failed = [gate["sentence"] for gate in report["gates"] if not gate["passed"]]
    if report["model_hash"] != record["sha256"] or not report["gates"]:
        raise Refusal(
            f"{EVALUATION} does not judge model {record['sha256'][:12]}: run `make run`, and commit dvc.lock."
        )
    if failed:
        raise Refusal(f"model {record['sha256'][:12]} fails {len(failed)} gates, so it is not delivered: {failed[0]}")
    artifact.verify(MODEL, record["sha256"])
    return dict(record)


def _champion(model_hash: str) -> dict[str, Any]:
    """Returns the entry that registered the model, which the audit log must have as champion."""
    name, entries = params.load().register_.model_name, audit.entries()
    chosen = [entry for entry in entries if entry["action"] in CHOSEN and entry["model"] == name]
    registered = [e for e in entries if e["action"] == "register" and e.get("model_hash") == model_hash]
    if not registered or not chosen:
        raise Refusal(
            f"audit.jsonl does not say that model {model_hash[:12]} was promoted: promote it, and commit the log."
        )
    if chosen[-1].get("model_hash") != model_hash:
        raise Refusal(
            f"the champion of audit.jsonl is version {chosen[-1]['version']}, dvc.lock has version "
            f"{registered[-1]['version']}: promote that one, or `git revert` the commit that brought it."
        )
    return dict(registered[-1])


def passed() -> ModelVersion:
    """Returns the model of this commit as the registry would describe it.

    Raises:
        Refusal: It may not be delivered: what was found, and what to do.
    """
    commit, record = _unchanged(), _judged()
    entry = _champion(record["sha256"])
    tags = {
        "model_hash": record["sha256"],
        "data_hash": record["data_hash"],
        "git_commit": commit,
        "git_dirty": "false",
        "target": contract.load().target.name,
        "gates": "passed",
    }
    when = int(datetime.fromisoformat(entry["time"]).timestamp() * 1000)
    log.info("%s version %s of commit %s passed all gates", entry["model"], entry["version"], commit[:12])
    listed = [ModelVersionTag(key, value) for key, value in tags.items()]  # type: ignore[no-untyped-call]
    return ModelVersion(entry["model"], entry["version"], when, run_id="", source=Path(MODEL).as_posix(), tags=listed)
