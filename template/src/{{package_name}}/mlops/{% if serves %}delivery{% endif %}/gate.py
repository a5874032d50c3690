"""Lets the model of this commit pass, or says why it may not be delivered.

It passes where the outputs are those that the commit's `dvc.lock` names, exactly this model passes the gates when it is
evaluated again, with the committed metrics and card, and the audit log has it as champion. Nothing is asked but the
repository: what Git says, counts. The comparison with the champion before it is CI's, on the pull request.
"""

import json
import logging
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from mlflow.entities.model_registry import ModelVersion, ModelVersionTag

from ... import project
from ..core import lineage, params
from ..core.errors import GateRefused
from ..core.paths import MODEL
from ..core.untrusted_text import reason
from ..evaluation import reevaluation
from ..governance import audit_log
from ..reporting import model_card

JUDGED = "evaluate"  # the stage that judges the model, and so all before it
log = logging.getLogger(__name__)


def unchanged() -> str:
    """Returns the commit, which must be what stands in the folder and what the outputs were made from."""
    commit = lineage.commit()
    if commit == "none":
        raise GateRefused(
            f"git names no commit in {Path.cwd()}, so nothing is known of what is here: deliver a commit."
        )
    changed = lineage.changed()
    if changed:
        raise GateRefused(
            f"{', '.join(changed[:5])} differ from commit {commit[:12]}: commit them, or deliver elsewhere."
        )
    command = [sys.executable, "-m", "dvc", "status", JUDGED, "--with-deps", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise GateRefused(f"`dvc status` failed, so nothing is known of the outputs: {reason(done.stderr)}.")
    stale = sorted(json.loads(done.stdout or "{}"))
    if stale:
        raise GateRefused(
            f"the outputs of {', '.join(stale)} are not of commit {commit[:12]}: run `uv run dvc pull` or `make run`, "
            "commit dvc.lock and `uv run dvc push` where they were made."
        )
    return commit


def _champion(model_hash: str) -> dict[str, Any]:
    """Returns the entry that made the model the champion, which it must still be, at the threshold of `params.yaml`."""
    chosen, entries = params.load(), audit_log.entries()
    champion = audit_log.chosen(entries, chosen.register_.model_name)
    short = model_hash[:12]
    if champion is None:
        raise GateRefused(f"audit.jsonl does not say that model {short} was promoted: promote it, and commit the log.")
    if champion.get("model_hash") != model_hash:
        raise GateRefused(
            f"the champion of audit.jsonl is version {champion['version']}, model {champion['model_hash'][:12]}; "
            f"dvc.lock has model {short}: promote that one, or `git revert` the commit that brought it."
        )
    threshold = str(chosen.evaluate.threshold)
    if champion.get("threshold", threshold) != threshold:
        raise GateRefused(
            f"evaluate.threshold is {threshold}, version {champion['version']} was promoted with "
            f"{champion['threshold']}: promote it again, or set the threshold back."
        )
    return dict(champion)


def passed() -> ModelVersion:
    """Returns the model of this commit as the registry would describe it.

    Raises:
        GateRefused: It may not be delivered: what was found, and what to do.
    """
    commit, record = unchanged(), reevaluation.recorded()
    entry = _champion(record["sha256"])
    reevaluation.judge(record, project.criteria())
    model_card.check(project.contract())
    tags = {
        "model_hash": record["sha256"],
        "data_hash": record["data_hash"],
        "git_commit": commit,
        "git_dirty": "false",
        "target": project.contract().target.name,
        "threshold": str(params.load().evaluate.threshold),
        "gates": "passed",
    }
    when = int(datetime.fromisoformat(entry["time"]).timestamp() * 1000)
    log.info("%s version %s of commit %s passed all gates", entry["model"], entry["version"], commit[:12])
    listed = [ModelVersionTag(key, value) for key, value in tags.items()]  # type: ignore[no-untyped-call]
    return ModelVersion(entry["model"], entry["version"], when, run_id="", source=Path(MODEL).as_posix(), tags=listed)
